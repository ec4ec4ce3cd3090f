// calls: syslog vhangup reboot
// needs: namespaces
/* Calls of the administrator, only where they are refused. */
#include "child.h"

static void user(void)
{
    char text[16];
    SHOW(RAW(vhangup));
    SHOW(RAW(reboot, 0xfee1deadL, 672274793L, 0x1234L, NULL));
    SHOW(RAW(reboot, 0xfee1deadL, 672274793L, 0L, NULL));
    SHOW(RAW(reboot, 1L, 2L, 3L, NULL));
    SHOW(RAW(syslog, 2, text, 16)); /* read */
    SHOW(RAW(syslog, 5, NULL, 0));  /* clear */
    SHOW(RAW(syslog, 8, NULL, 3));  /* console level */
    SHOW(RAW(syslog, 9, NULL, 0));  /* unread bytes */
    SHOW(RAW(syslog, 99, NULL, 0));
}

int main(void)
{
    char text[16];
    SHOW(RAW(syslog, 99, NULL, 0));
    SHOW(RAW(syslog, -1, NULL, 0));
    SHOW(RAW(syslog, 0, NULL, 0));
    SHOW(RAW(syslog, 1, NULL, 0));
    SHOW(RAW(syslog, 2, NULL, 16));
    SHOW(RAW(syslog, 2, text, -1));
    SHOW(RAW(syslog, 2, text, 0));
    SHOW(RAW(syslog, 3, NULL, 16));
    SHOW(RAW(syslog, 3, text, -1));
    SHOW(RAW(syslog, 3, text, 0));
    SHOW(RAW(syslog, 8, NULL, 0));
    SHOW(RAW(syslog, 8, NULL, 9));
    run_as(65534, user);
    return 0;
}
