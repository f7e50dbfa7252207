# SPDX-License-Identifier: GPL-2.0-only
"""Reads a flattened device tree. By itself, without libfdt: what dais says of a tree is checked
against this, so nothing is shared with it."""

import struct


class Node:
    def __init__(self, name, parent):
        self.name = name
        self.parent = parent
        self.children = []
        self.properties = {}

    @property
    def path(self):
        if not self.parent:
            return "/"
        return self.parent.path.rstrip("/") + "/" + self.name

    def subtree(self):
        yield self
        for child in self.children:
            yield from child.subtree()

    def ancestors(self):
        """From the parent to the root."""
        node = self.parent
        while node:
            yield node
            node = node.parent

    def __contains__(self, name):
        return name in self.properties

    def cells(self, name):
        """None: there is no such property."""
        value = self.properties.get(name)
        if value is None:
            return None
        return struct.unpack(">%dI" % (len(value) // 4), value[: len(value) // 4 * 4])

    def cell(self, name, fallback=None):
        cells = self.cells(name)
        return cells[0] if cells else fallback

    def strings(self, name):
        value = self.properties.get(name, b"")
        return value.decode("latin-1").split("\0")[:-1]

    def is_available(self):
        status = self.strings("status")
        return not status or status[0] in ("okay", "ok")


class Tree:
    """Of a blob. Raises ValueError when it is none."""

    def __init__(self, blob):
        header = struct.unpack_from(">10I", blob)
        if header[0] != 0xD00DFEED:
            raise ValueError("not a device tree")
        self.root = self._parse(blob, header[2], header[3])
        self.nodes = list(self.root.subtree())
        self.by_path = {}
        self.by_phandle = {}
        for node in self.nodes:
            self.by_path[node.path] = node
            phandle = node.cell("phandle", node.cell("linux,phandle"))
            if phandle:
                self.by_phandle[phandle] = node

    @staticmethod
    def _parse(blob, at, strings):
        root = node = None
        while True:
            (token,) = struct.unpack_from(">I", blob, at)
            at += 4
            if token == 1:  # FDT_BEGIN_NODE
                end = blob.index(b"\0", at)
                node = Node(blob[at:end].decode("latin-1"), node)
                if node.parent:
                    node.parent.children.append(node)
                else:
                    root = node
                at = (end + 4) & ~3
            elif token == 2:  # FDT_END_NODE
                node = node.parent
            elif token == 3:  # FDT_PROP
                size, name = struct.unpack_from(">II", blob, at)
                at += 8
                end = blob.index(b"\0", strings + name)
                key = blob[strings + name : end].decode("latin-1")
                node.properties[key] = blob[at : at + size]
                at = (at + size + 3) & ~3
            elif token == 9:  # FDT_END
                return root
            elif token != 4:  # FDT_NOP
                raise ValueError("unknown token %d" % token)


def read(path):
    with open(path, "rb") as file:
        return Tree(file.read())
