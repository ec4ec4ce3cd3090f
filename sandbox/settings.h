/* A box's settings as the library keeps them, and their text forms. Included by sandbox/ alone. */
#ifndef SANDBOX_SETTINGS_H
#define SANDBOX_SETTINGS_H

#include "sandbox/box.h"

struct settings {
    struct box_config config; /* its texts are owned by `texts` */
    struct box_mount *mounts;
    const char **deny;
    char **env; /* NULL-terminated "VAR=VAL" that were set, in order */
    size_t env_count;
    bool clear_env;
    int64_t timeout_ns; /* 0: none */
    char **texts;
    size_t text_count;
};

void settings_init(struct settings *settings);
void settings_free(struct settings *settings);
/* abx_box_set; on an error one line goes into why. */
int settings_set(struct settings *settings, const char *key, const char *value, char *why,
                 size_t size);
/* The environment for the guest: a NULL-terminated array to be freed by the caller with free, whose
 * texts live as long as the settings and environ. NULL: no memory. */
char **settings_environment(const struct settings *settings);

#endif
