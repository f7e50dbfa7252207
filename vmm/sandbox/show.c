// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/policy.h"
#include "vmm/sandbox/sandbox.h"

static void show_calls(FILE *out, enum sandbox_role role)
{
	for (const struct sandbox_call *call = sandbox_calls; call->why; call++) {
		static const char *const conditions[] = {
			[SANDBOX_ANY] = "",
			[SANDBOX_NOT_EXEC] = " (not executable)",
			[SANDBOX_OWN_PROCESS] = " (itself)",
			[SANDBOX_READ_LIMIT] = " (to read it)",
		};

		if (call->roles & (1u << role))
			fprintf(out, "  %-28s%s%s\n", call->name, call->why,
				conditions[call->constraint]);
	}
}

static void show_ioctls(FILE *out, enum sandbox_role role)
{
	static const char *const files[N_SANDBOX_FD_KINDS] = {
		[SANDBOX_FD_VM] = "the VM",
		[SANDBOX_FD_OWN_VCPU] = "its vCPU",
		[SANDBOX_FD_VCPU] = "vCPUs",
		[SANDBOX_FD_KVM_DEVICE] = "the VGIC and KVM-VFIO",
		[SANDBOX_FD_VFIO_DEVICE] = "assigned devices",
		[SANDBOX_FD_IOMMU] = "IOMMU address spaces",
		[SANDBOX_FD_CONSOLE] = "the terminal",
	};

	for (const struct sandbox_ioctl *ioctl = sandbox_ioctls; ioctl->why; ioctl++)
		if (ioctl->roles & (1u << role))
			fprintf(out, "  %-28s%s, on %s\n", ioctl->name, ioctl->why,
				files[ioctl->fd]);
}

void sandbox_show(FILE *out)
{
	fputs("Layers, in their order:\n", out);
	for (unsigned int i = 0; i < N_SANDBOX_LAYERS; i++)
		fprintf(out, "  %-16s%s%s\n", sandbox_layer_names[i], sandbox_layer_help(i),
			sandbox_layer_may_miss(i) ? "" : " (cannot be missing)");
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		fprintf(out, "\nThe %s may call:\n", sandbox_role_name(role));
		show_calls(out, role);
		fprintf(out, "\nThe %s may ask by ioctl:\n", sandbox_role_name(role));
		show_ioctls(out, role);
	}
}
