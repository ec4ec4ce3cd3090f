/*
 * offsets.h - what assembly knows of the structs, checked by static assertions in m.c. Included by
 * assembly and by C.
 */
#ifndef RT_OFFSETS_H
#define RT_OFFSETS_H

#define G_SP 0

#define M_G0_SP  0
#define M_PROCID 8
#define M_TLS    16
#define M_G0_LO  24
#define M_G0_HI  32

#define INTR_REQUEST 1 /* the bit of rt_g.intr */

#endif
