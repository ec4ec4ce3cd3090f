/*
 * What the box's kernel says of itself: uname(2), /proc/version, /proc/sys/kernel. Included by
 * sandbox/.
 */
#ifndef SANDBOX_VERSION_H
#define SANDBOX_VERSION_H

#define KERNEL_NAME    "Linux"
#define KERNEL_RELEASE "6.12.0-abibox"
#define KERNEL_VERSION "#1 SMP PREEMPT_DYNAMIC"

#endif
