// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/vfio/fake_host_bus.h"

#include <assert.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"

#define N_DEVICES 8
#define N_DRIVERS 8

static struct driver {
	char bus[16], name[64];
} drivers[N_DRIVERS];
static unsigned int n_drivers;
static struct fake_bus_device *devices[N_DEVICES];
static unsigned int n_devices;

static struct fake_bus_device *find(const char *bus, const void *name, size_t size)
{
	for (unsigned int i = 0; i < n_devices; i++)
		if (!strcmp(devices[i]->bus, bus) && strlen(devices[i]->name) == size &&
		    !memcmp(devices[i]->name, name, size))
			return devices[i];
	return NULL;
}

static void node_path(const struct fake_bus_device *d, char path[64])
{
	snprintf(path, 64, "/dev/vfio/%d", d->group);
}

static int device_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct fake_bus_device *d = opaque;

	(void)fd;
	if (request == VFIO_DEVICE_GET_INFO)
		((struct vfio_device_info *)arg)->flags = d->no_reset ? 0 : VFIO_DEVICE_FLAGS_RESET;
	else if (request == VFIO_DEVICE_RESET)
		d->n_resets++;
	else
		return -ENOTTY;
	return 0;
}

static const struct fake_fd_ops device_ops = { .ioctl = device_ioctl };

static int group_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct fake_bus_device *d = opaque;

	(void)fd;
	if (request == VFIO_GROUP_GET_STATUS)
		((struct vfio_group_status *)arg)->flags = VFIO_GROUP_FLAGS_VIABLE;
	else if (request == VFIO_GROUP_GET_DEVICE_FD)
		return d->open_error ? -d->open_error : fake_fd_new(&device_ops, d);
	return 0;
}

static const struct fake_fd_ops group_ops = { .ioctl = group_ioctl };

static int container_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	(void)fd;
	(void)opaque;
	(void)arg;
	return request == VFIO_CHECK_EXTENSION;
}

static const struct fake_fd_ops container_ops = { .ioctl = container_ioctl };

static void make_node(const char *path, struct fake_bus_device *d)
{
	fake_device(path, &group_ops, d);
}

static void on_sleep(void)
{
	for (unsigned int i = 0; i < n_devices; i++) {
		struct fake_bus_device *d = devices[i];
		char path[64];

		if (d->node_comes_in > 0 && !strncmp(d->driver, "vfio-", 5) &&
		    --d->node_comes_in == 0) {
			node_path(d, path);
			make_node(path, d);
		}
	}
}

static void set_driver(struct fake_bus_device *d, const char *driver)
{
	char link[200], target[200], path[64];

	snprintf(link, sizeof(link), "/sys/devices/platform/%s/driver", d->name);
	snprintf(target, sizeof(target), "/sys/bus/%s/drivers/%s", d->bus, driver);
	node_path(d, path);
	fake_remove(link);
	if (driver[0])
		fake_link(link, target);
	if (strncmp(driver, "vfio-", 5))
		fake_remove(path);
	else if (!d->node_comes_in)
		make_node(path, d);
	snprintf(d->driver, sizeof(d->driver), "%s", driver);
}

/* As driver_match_device() of the two buses. */
static bool matches(const struct fake_bus_device *d, const char *driver)
{
	if (d->driver_override[0])
		return !strcmp(d->driver_override, driver);
	return d->wanted_by && !strcmp(d->wanted_by, driver);
}

static int probe(struct fake_bus_device *d, const struct driver *driver)
{
	bool vfio = !strncmp(driver->name, "vfio-", 5);
	int code = vfio ? d->probe_fails : 0;

	if (vfio)
		d->probe_fails = 0;
	else if (d->defers && d->defers--)
		code = EAGAIN; /* as bind_store() says EPROBE_DEFER */
	if (code)
		return -code;
	set_driver(d, driver->name);
	d->moves++;
	return 0;
}

static ssize_t write_bind(int fd, void *opaque, const void *buf, size_t size, off_t offset)
{
	const struct driver *driver = opaque;
	struct fake_bus_device *d = find(driver->bus, buf, size);
	int ret;

	(void)fd;
	(void)offset;
	if (!d || !matches(d, driver->name))
		return -ENODEV;
	ret = d->driver[0] ? -EBUSY : probe(d, driver);
	return ret ? ret : (ssize_t)size;
}

static ssize_t write_unbind(int fd, void *opaque, const void *buf, size_t size, off_t offset)
{
	const struct driver *driver = opaque;
	struct fake_bus_device *d = find(driver->bus, buf, size);

	(void)fd;
	(void)offset;
	if (!d || strcmp(d->driver, driver->name))
		return -ENODEV;
	set_driver(d, "");
	d->moves++;
	return (ssize_t)size;
}

static ssize_t write_probe(int fd, void *opaque, const void *buf, size_t size, off_t offset)
{
	const char *bus = opaque;
	struct fake_bus_device *d = find(bus, buf, size);

	(void)fd;
	(void)offset;
	if (!d)
		return -ENODEV;
	for (unsigned int i = 0; i < n_drivers && !d->driver[0]; i++)
		if (!strcmp(drivers[i].bus, bus) && matches(d, drivers[i].name))
			probe(d, &drivers[i]);
	return (ssize_t)size;
}

static ssize_t write_override(int fd, void *opaque, const void *buf, size_t size, off_t offset)
{
	struct fake_bus_device *d = opaque;

	(void)fd;
	(void)offset;
	assert(size < sizeof(d->driver_override));
	snprintf(d->driver_override, sizeof(d->driver_override), "%.*s", (int)size,
		 (const char *)buf);
	d->driver_override[strcspn(d->driver_override, "\n")] = '\0';
	return (ssize_t)size;
}

static ssize_t read_override(int fd, void *opaque, void *buf, size_t size, off_t offset)
{
	const struct fake_bus_device *d = opaque;
	char text[80];
	int n = snprintf(text, sizeof(text), "%s\n",
			 d->driver_override[0] ? d->driver_override : "(null)");

	(void)fd;
	if (offset)
		return 0;
	assert((size_t)n <= size);
	memcpy(buf, text, (size_t)n);
	return n;
}

static const struct fake_fd_ops bind_ops = { .pwrite = write_bind };
static const struct fake_fd_ops unbind_ops = { .pwrite = write_unbind };
static const struct fake_fd_ops probe_ops = { .pwrite = write_probe };
static const struct fake_fd_ops override_ops = { .pwrite = write_override, .pread = read_override };

void fake_host_bus_driver(const char *bus, const char *driver)
{
	struct driver *d = &drivers[n_drivers++];
	char path[200];

	assert(n_drivers <= N_DRIVERS);
	snprintf(d->bus, sizeof(d->bus), "%s", bus);
	snprintf(d->name, sizeof(d->name), "%s", driver);
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/bind", bus, driver);
	fake_device(path, &bind_ops, d);
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/unbind", bus, driver);
	fake_device(path, &unbind_ops, d);
}

void fake_host_bus_reset(void)
{
	static char platform[] = "platform", amba[] = "amba";

	n_drivers = n_devices = 0;
	fake_on_sleep(on_sleep);
	fake_device("/sys/bus/platform/drivers_probe", &probe_ops, platform);
	fake_device("/sys/bus/amba/drivers_probe", &probe_ops, amba);
	fake_device("/dev/vfio/vfio", &container_ops, NULL);
	fake_host_bus_driver("platform", "vfio-platform");
	fake_host_bus_driver("amba", "vfio-amba");
}

void fake_host_bus_add(struct fake_bus_device *device)
{
	char path[200];

	assert(n_devices < N_DEVICES);
	devices[n_devices++] = device;
	fake_host_device(device->bus, device->name, NULL, device->group);
	snprintf(path, sizeof(path), "/sys/devices/platform/%s/driver_override", device->name);
	fake_device(path, &override_ops, device);
	snprintf(path, sizeof(path), "%s", device->driver);
	set_driver(device, path);
	device->moves = 0;
}
