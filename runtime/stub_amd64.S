/*
 * stub_amd64.S - the SYSCALL stubs, the clone stub and the stack switch.
 *
 * SYSCALL takes the number in RAX and arguments in RDI RSI RDX R10 R8 R9; it
 * changes RAX (the result), RCX (the return address) and R11 (the flags), and
 * nothing else. Error rule, contracts: rt.h.
 */
#include "offsets.h"

#define SYS_clone      56
#define SYS_exit       60
#define SYS_munmap     11
#define SYS_arch_prctl 158
#define SYS_gettid     186
#define SYS_rt_sigreturn 15
#define ARCH_SET_FS    0x1002
#define MINUS_EINTR    -4

.macro FUNCTION name
	.globl	\name
	.type	\name, @function
	.p2align 4
\name:
	.cfi_startproc
.endm

.macro END name
	.cfi_endproc
	.size	\name, . - \name
.endm

	.text

/* struct rt_result rt_rawsyscall6(nr, a1..a6): the result by a hidden pointer in
   RDI, nr in RSI, a1..a4 in RDX RCX R8 R9, a5 and a6 on the stack. */
FUNCTION rt_rawsyscall6
	movq	8(%rsp), %r10
	movq	16(%rsp), %r11
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	movq	%rsi, %rax
	movq	%rdx, %rdi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	movq	%r10, %r8
	movq	%r9, %r10
	movq	%r11, %r9
	syscall
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	jmp	result
END rt_rawsyscall6

/* struct rt_result rt_rawsyscall(nr, a1, a2, a3): the other arguments are 0. */
FUNCTION rt_rawsyscall
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	movq	%rsi, %rax
	movq	%rdx, %rdi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	syscall
	popq	%rdi
	.cfi_adjust_cfa_offset -8
result:
	cmpq	$0xfffffffffffff001, %rax
	ja	1f
	movq	%rax, 0(%rdi)
	movq	%rdx, 8(%rdi)
	movq	$0, 16(%rdi)
	movq	%rdi, %rax
	ret
1:	negq	%rax
	movq	$-1, 0(%rdi)
	movq	$0, 8(%rdi)
	movq	%rax, 16(%rdi)
	movq	%rdi, %rax
	ret
END rt_rawsyscall

/* struct rt_pair rt_rawsyscall_noerror(nr, a1, a2, a3): in RAX and RDX. */
FUNCTION rt_rawsyscall_noerror
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	syscall
	ret
END rt_rawsyscall_noerror

/* long rt_rawvforksyscall(nr, a1, a2, a3). The child runs first, on the same
   stack, and overwrites the slot of the return address: it waits in R12, and the
   caller's R12 in R9, which neither vfork nor clone reads. */
FUNCTION rt_rawvforksyscall
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	movq	%r12, %r9
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %r12
	syscall
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rip, 0
	movq	%r9, %r12
	ret
END rt_rawvforksyscall

/* long rt_call_raw(nr, a1..a6) */
FUNCTION rt_call_raw
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
	ret
END rt_call_raw

/* long rt_stub_interruptible(const uint32_t *word, nr, a1..a6): -EINTR if bit 0 of
   *word is set, else the call. A signal that finds the program counter between
   begin and end sends it to abort (interrupt.c), so that none is lost between the
   test and SYSCALL. When the kernel restarts a call it sets the counter back to
   the SYSCALL instruction, which is inside as well. */
	.globl	rt_interruptible_begin, rt_interruptible_end, rt_interruptible_abort
FUNCTION rt_stub_interruptible
	movq	%rdi, %r11
	movq	%rsi, %rax
	movq	%rdx, %rdi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	movq	%r9, %r10
	movq	8(%rsp), %r8
	movq	16(%rsp), %r9
rt_interruptible_begin:
	testl	$INTR_REQUEST, (%r11)
	jnz	rt_interruptible_abort
	syscall
rt_interruptible_end:
	ret
rt_interruptible_abort:
	movq	$MINUS_EINTR, %rax
	ret
END rt_stub_interruptible

/* What a handler installed without libc returns to. */
FUNCTION rt_sigreturn
	movl	$SYS_rt_sigreturn, %eax
	syscall
	ud2
END rt_sigreturn

/* long rt_clone(flags, stack, m, g, fn): a thread that stores its id in
   m->procid, takes m->tls for FS and calls fn(m) on the stack. The child finds m,
   g and fn in R8, R9 and R12, which SYSCALL keeps. */
FUNCTION rt_clone
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	movq	%r8, %r12
	movq	%rdx, %r8
	movq	%rcx, %r9
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	movl	$SYS_clone, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	ret
1:	.cfi_undefined %rip
	xorl	%ebp, %ebp
	movl	$SYS_gettid, %eax
	syscall
	movq	%rax, M_PROCID(%r8)
	movl	$ARCH_SET_FS, %edi
	movq	M_TLS(%r8), %rsi
	movl	$SYS_arch_prctl, %eax
	syscall
	testq	%rax, %rax
	jnz	2f
	cmpq	M_G0_LO(%r8), %rsp
	jbe	2f
	cmpq	M_G0_HI(%r8), %rsp
	ja	2f
	movq	%r8, %rdi
	movq	%r9, %rsi
	callq	*%r12
3:	movl	$111, %edi
	movl	$SYS_exit, %eax
	syscall
	jmp	3b
2:	ud2
END rt_clone

/* _Noreturn void rt_exit_thread(base, size): unmaps the stack it stands on. */
FUNCTION rt_exit_thread
	movl	$SYS_munmap, %eax
	syscall
	xorl	%edi, %edi
	movl	$SYS_exit, %eax
	syscall
	ud2
END rt_exit_thread

.macro PUSH_CONTEXT
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

/* Ends with a jump: after a change of stacks RET would miss in the return-stack
   predictor (6 ns here). */
.macro POP_CONTEXT_AND_JUMP
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	popq	%rcx
	jmp	*%rcx
.endm

/* void rt_switch_to_g(m, g): saves the M's context in m->g0_sp and goes on with g. */
FUNCTION rt_switch_to_g
	PUSH_CONTEXT
	movq	%rsp, M_G0_SP(%rdi)
	movq	G_SP(%rsi), %rsp
	POP_CONTEXT_AND_JUMP
END rt_switch_to_g

/* void rt_switch_to_m(m, g): saves g's context and goes on on the M's stack. */
FUNCTION rt_switch_to_m
	PUSH_CONTEXT
	movq	%rsp, G_SP(%rsi)
	movq	M_G0_SP(%rdi), %rsp
	POP_CONTEXT_AND_JUMP
END rt_switch_to_m

/* Where a new G begins: R12 = g. */
FUNCTION rt_g_begin
	.cfi_undefined %rip
	xorl	%ebp, %ebp
	movq	%r12, %rdi
	callq	rt_g_main
	ud2
END rt_g_begin

/* void rt_call_on_stack(sp, fn, arg) */
FUNCTION rt_call_on_stack
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	callq	*%rsi
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	ret
END rt_call_on_stack

	.section .note.GNU-stack, "", @progbits
