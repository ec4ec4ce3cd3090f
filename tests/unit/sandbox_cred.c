/* The rules of credentials(7) and capabilities(7) that execve, setuid and kill share. */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sandbox/cred.h"

struct outcome {
    struct cred cred;
    bool set_id, secure;
};

static struct outcome run(const struct cred *cred, uint32_t mode, uint32_t uid, uint32_t gid,
                          bool ignore)
{
    const struct cred_file file = {.mode = mode, .uid = uid, .gid = gid, .ignore_set_id = ignore};
    struct outcome outcome = {.cred = *cred};
    cred_exec(&outcome.cred, &file, &outcome.set_id, &outcome.secure);
    return outcome;
}

static void test_plain(void **state)
{
    (void)state;
    struct cred root, user;
    cred_init(&root, 0, 0);
    cred_init(&user, 1000, 1000);
    struct outcome outcome = run(&root, 0755, 5, 5, false);
    assert_int_equal(outcome.cred.cap_effective, CAP_ALL);
    assert_false(outcome.secure);
    outcome = run(&user, 0755, 0, 0, false);
    assert_int_equal(outcome.cred.cap_permitted, 0);
    assert_int_equal(outcome.cred.euid, 1000);
    assert_false(outcome.secure);
}

static void test_set_user_id(void **state)
{
    (void)state;
    struct cred user;
    cred_init(&user, 1000, 1000);
    struct outcome outcome = run(&user, S_ISUID | 0755, 0, 0, false);
    assert_int_equal(outcome.cred.ruid, 1000);
    assert_int_equal(outcome.cred.euid, 0);
    assert_int_equal(outcome.cred.suid, 0);
    assert_int_equal(outcome.cred.fsuid, 0);
    assert_int_equal(outcome.cred.cap_effective, CAP_ALL);
    assert_true(outcome.secure && outcome.set_id);
    outcome = run(&user, S_ISUID | 0755, 2000, 0, false);
    assert_int_equal(outcome.cred.euid, 2000);
    assert_int_equal(outcome.cred.cap_permitted, 0);
    assert_true(outcome.secure);
}

static void test_set_id_refused(void **state)
{
    (void)state;
    struct cred user;
    cred_init(&user, 1000, 1000);
    assert_int_equal(run(&user, S_ISUID | 0755, 0, 0, true).cred.euid, 1000);
    user.no_new_privs = true;
    assert_int_equal(run(&user, S_ISUID | S_ISGID | 0755, 0, 0, false).cred.euid, 1000);
    assert_int_equal(run(&user, S_ISUID | S_ISGID | 0755, 0, 0, false).cred.egid, 1000);
    user.no_new_privs = false;
    /* Without group execute the bit is no set-group-ID bit. */
    assert_int_equal(run(&user, S_ISGID | 0745, 0, 7, false).cred.egid, 1000);
    assert_int_equal(run(&user, S_ISGID | 0755, 0, 7, false).cred.egid, 7);
}

static void test_securebits(void **state)
{
    (void)state;
    struct cred root;
    cred_init(&root, 0, 0);
    root.securebits = SECBIT_NOROOT | SECBIT_KEEP_CAPS;
    struct outcome outcome = run(&root, 0755, 0, 0, false);
    assert_int_equal(outcome.cred.cap_permitted, 0);
    assert_int_equal(outcome.cred.securebits, SECBIT_NOROOT);
}

static void test_ambient(void **state)
{
    (void)state;
    const uint64_t chown = 1ull << CAP_CHOWN;
    struct cred user;
    cred_init(&user, 1000, 1000);
    user.cap_ambient = user.cap_inheritable = user.cap_permitted = chown;
    struct outcome outcome = run(&user, 0755, 0, 0, false);
    assert_int_equal(outcome.cred.cap_effective, chown);
    assert_int_equal(outcome.cred.cap_permitted, chown);
    assert_false(outcome.secure);
    assert_int_equal(run(&user, S_ISUID | 0755, 2000, 0, false).cred.cap_ambient, 0);
}

static void test_bounding(void **state)
{
    (void)state;
    struct cred root;
    cred_init(&root, 0, 0);
    root.cap_bounding = 1ull << CAP_KILL;
    assert_int_equal(run(&root, 0755, 0, 0, false).cred.cap_permitted, 1ull << CAP_KILL);
}

static void test_user_changes(void **state)
{
    (void)state;
    struct cred old, new;
    cred_init(&old, 0, 0);
    new = old;
    new.euid = 1000;
    cred_fix_capabilities(&new, &old);
    assert_int_equal(new.cap_effective, 0);
    assert_int_equal(new.cap_permitted, CAP_ALL);
    struct cred back = new;
    back.euid = 0;
    cred_fix_capabilities(&back, &new);
    assert_int_equal(back.cap_effective, CAP_ALL);

    new = old;
    new.ruid = new.euid = new.suid = 1000;
    new.cap_ambient = 1;
    struct cred kept = new;
    cred_fix_capabilities(&new, &old);
    assert_int_equal(new.cap_permitted, 0);
    assert_int_equal(new.cap_ambient, 0);
    kept.securebits = SECBIT_KEEP_CAPS;
    cred_fix_capabilities(&kept, &old);
    assert_int_equal(kept.cap_permitted, CAP_ALL);
    assert_int_equal(kept.cap_effective, 0);
    assert_int_equal(kept.cap_ambient, 0);
}

static void test_signals(void **state)
{
    (void)state;
    struct cred root, one, other;
    cred_init(&root, 0, 0);
    cred_init(&one, 1000, 1000);
    cred_init(&other, 2000, 2000);
    assert_true(cred_may_signal(&root, &one));
    assert_true(cred_may_signal(&one, &one));
    assert_false(cred_may_signal(&one, &other));
    assert_false(cred_may_signal(&one, &root));
    /* A set-user-ID program may be signalled by who started it; its effective id does not count. */
    other.ruid = 1000;
    assert_true(cred_may_signal(&one, &other));
    other.ruid = 2000;
    other.euid = 1000;
    assert_false(cred_may_signal(&one, &other));
    other.suid = 1000;
    assert_true(cred_may_signal(&one, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),          cmocka_unit_test(test_set_user_id),
        cmocka_unit_test(test_set_id_refused), cmocka_unit_test(test_securebits),
        cmocka_unit_test(test_ambient),        cmocka_unit_test(test_bounding),
        cmocka_unit_test(test_user_changes),   cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
