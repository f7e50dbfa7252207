/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_KVM_FAKE_KVM_STORE_H
#define TESTS_FAKES_KVM_FAKE_KVM_STORE_H

/* Device attributes and registers of fake_kvm: the part behind the ioctls. Tests use fake_kvm.h. */
#include <linux/kvm.h>
#include <stdint.h>

void fake_kvm_store_reset(void);

/* KVM_{SET,GET,HAS}_DEVICE_ATTR of @owner, FAKE_KVM_*. */
int fake_kvm_attr_ioctl(uint32_t owner, unsigned long request, const struct kvm_device_attr *a);

/* Group KVM_DEV_VFIO_DEVICE of KVM-VFIO; attribute 1 forwards, 2 undoes it. */
int fake_kvm_forward_ioctl(unsigned long request, const struct kvm_device_attr *attr);

/* KVM_{SET,GET}_ONE_REG and KVM_GET_REG_LIST. */
int fake_kvm_reg_ioctl(unsigned int vcpu, unsigned long request, const struct kvm_one_reg *one);
int fake_kvm_reg_list(unsigned int vcpu, struct kvm_reg_list *list);

#endif
