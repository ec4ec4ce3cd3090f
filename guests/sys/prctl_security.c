// calls: prctl
// needs: namespaces
/* Privileges in prctl(2): no_new_privs, the bounding and ambient sets, keepcaps, securebits. */
#include "child.h"
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

static void show_no_new_privs(void)
{
    SHOW(RAW(prctl, PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_GET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_SET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_SET_NO_NEW_PRIVS, 2L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_SET_NO_NEW_PRIVS, 1L, 1L, 0L, 0L));
    SHOW(RAW(prctl, PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_SET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0)
        _exit((int)RAW(prctl, PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
    show_status("inherited", reap(pid));
}

static void show_bounding_set(void)
{
    SHOW(RAW(prctl, PR_CAPBSET_READ, (long)CAP_CHOWN));
    SHOW(RAW(prctl, PR_CAPBSET_READ, 64L));
    SHOW(RAW(prctl, PR_CAPBSET_READ, -1L));
    SHOW(RAW(prctl, PR_CAPBSET_DROP, (long)CAP_SYSLOG));
    SHOW(RAW(prctl, PR_CAPBSET_READ, (long)CAP_SYSLOG));
    SHOW(RAW(prctl, PR_CAPBSET_DROP, 64L));
}

static void user_bounding_set(void)
{
    SHOW(RAW(prctl, PR_CAPBSET_READ, (long)CAP_CHOWN));
    SHOW(RAW(prctl, PR_CAPBSET_DROP, (long)CAP_CHOWN));
    SHOW(RAW(prctl, PR_CAPBSET_DROP, 64L));
    SHOW(RAW(prctl, PR_SET_SECUREBITS, 0L));
    SHOW(RAW(prctl, PR_SET_KEEPCAPS, 1L));
    SHOW(RAW(prctl, PR_GET_KEEPCAPS));
}

static void show_keepcaps(void)
{
    SHOW(RAW(prctl, PR_GET_KEEPCAPS));
    SHOW(RAW(prctl, PR_SET_KEEPCAPS, 2L));
    SHOW(RAW(prctl, PR_SET_KEEPCAPS, 1L));
    SHOW(RAW(prctl, PR_GET_KEEPCAPS));
    SHOW(RAW(prctl, PR_GET_SECUREBITS));
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    MUST(setresuid(1000, 1000, 1000));
    MUST(RAW(capget, &header, data));
    say("kept over setresuid: permitted %d, effective %d\n", data[0].permitted != 0,
        data[0].effective != 0);
}

static void show_securebits(void)
{
    SHOW(RAW(prctl, PR_GET_SECUREBITS));
    SHOW(RAW(prctl, PR_SET_SECUREBITS, 1L << 20));
    SHOW(RAW(prctl, PR_SET_SECUREBITS, (long)SECBIT_NO_SETUID_FIXUP));
    SHOW(RAW(prctl, PR_GET_SECUREBITS));
    SHOW(RAW(prctl, PR_SET_SECUREBITS, (long)(SECBIT_KEEP_CAPS | SECBIT_KEEP_CAPS_LOCKED)));
    SHOW(RAW(prctl, PR_GET_SECUREBITS));
    SHOW(RAW(prctl, PR_SET_KEEPCAPS, 0L));
    SHOW(RAW(prctl, PR_SET_SECUREBITS, 0L));
    SHOW(RAW(prctl, PR_GET_SECUREBITS));
}

static void show_ambient_set(void)
{
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (long)CAP_CHOWN, 0L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (long)CAP_CHOWN, 0L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 64L, 0L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (long)CAP_CHOWN, 1L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1L, 0L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, 9L, 0L, 0L, 0L));
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    MUST(RAW(capget, &header, data));
    data[0].inheritable = 1U << CAP_CHOWN;
    MUST(RAW(capset, &header, data));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (long)CAP_CHOWN, 0L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (long)CAP_CHOWN, 0L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, (long)CAP_CHOWN, 0L, 0L));
    SHOW(RAW(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (long)CAP_CHOWN, 0L, 0L));
}

int main(void)
{
    show_child("no new privileges", show_no_new_privs);
    show_child("bounding set", show_bounding_set);
    run_as(65534, user_bounding_set);
    show_child("keepcaps", show_keepcaps);
    show_child("securebits", show_securebits);
    show_child("ambient set", show_ambient_set);
    return 0;
}
