/*
 * The settings of a box from texts: what the options of `abibox run` and abx_box_set take.
 */
#include "sandbox/settings.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Arena that a box may fill unless --max-mem says otherwise. */
#define DEFAULT_MAX_MEMORY (4ull << 30)
#define LEAST_MAX_MEMORY   (1ull << 20)
#define MOST_MAX_MEMORY    (1ull << 40)
#define DEFAULT_MAX_PROCS  4096
#define MOST_PROCS         30000

void settings_init(struct settings *settings)
{
    *settings = (struct settings){
        .config = {.max_memory = DEFAULT_MAX_MEMORY, .max_processes = DEFAULT_MAX_PROCS}};
}

void settings_free(struct settings *settings)
{
    for (size_t i = 0; i < settings->text_count; i++)
        free(settings->texts[i]);
    free(settings->texts);
    free(settings->mounts);
    free(settings->deny);
    free(settings->env);
}

/* A copy of len bytes of text that lives as long as the settings. NULL: no memory. */
static const char *keep(struct settings *settings, const char *text, size_t len)
{
    char **texts = reallocarray(settings->texts, settings->text_count + 1, sizeof *settings->texts);
    char *copy;

    if (!texts)
        return NULL;
    settings->texts = texts;
    copy = strndup(text, len);
    if (copy)
        texts[settings->text_count++] = copy;
    return copy;
}

struct request {
    struct settings *settings;
    const char *key, *value;
    char *why;
    size_t size;
};

static int refuse(const struct request *request, const char *reason)
{
    snprintf(request->why, request->size, "--%s %s: %s", request->key, request->value, reason);
    return -EINVAL;
}

static int add_mount(struct request *request, enum box_mount_kind kind, const char *source,
                     const char *target)
{
    struct settings *settings = request->settings;
    struct box_mount *mounts;

    if (!source || !target)
        return -ENOMEM;
    if (*target != '/')
        return refuse(request, "the path in the box has to begin with /");
    mounts = reallocarray(settings->mounts, settings->config.mount_count + 1, sizeof *mounts);
    if (!mounts)
        return -ENOMEM;
    settings->mounts = mounts;
    mounts[settings->config.mount_count++] = (struct box_mount){kind, source, target};
    settings->config.mounts = mounts;
    return 0;
}

/* SRC[:DST]; without DST the host's absolute path of SRC, as it was written. */
static int set_bind(struct request *request, enum box_mount_kind kind)
{
    struct settings *settings = request->settings;
    const char *colon = strchr(request->value, ':');
    size_t len = colon ? (size_t)(colon - request->value) : strlen(request->value);
    const char *source = keep(settings, request->value, len);
    const char *target;
    char *directory;

    if (len == 0)
        return refuse(request, "there is no source path");
    if (access(source, F_OK) != 0)
        return refuse(request, strerror(errno));
    if (colon)
        return add_mount(request, kind, source, keep(settings, colon + 1, strlen(colon + 1)));
    if (*source == '/')
        return add_mount(request, kind, source, source);
    directory = realpath(source, NULL);
    if (!directory)
        return refuse(request, strerror(errno));
    target = keep(settings, directory, strlen(directory));
    free(directory);
    return add_mount(request, kind, source, target);
}

static int set_ro(struct request *request)
{
    return set_bind(request, BOX_MOUNT_RO);
}

static int set_rw(struct request *request)
{
    return set_bind(request, BOX_MOUNT_RW);
}

static int set_tmpfs(struct request *request)
{
    return add_mount(request, BOX_MOUNT_TMPFS, "tmpfs",
                     keep(request->settings, request->value, strlen(request->value)));
}

static int set_rootfs(struct request *request)
{
    if (access(request->value, R_OK) != 0)
        return refuse(request, strerror(errno));
    request->settings->config.rootfs =
        keep(request->settings, request->value, strlen(request->value));
    return request->settings->config.rootfs ? 0 : -ENOMEM;
}

static int set_deny(struct request *request)
{
    struct settings *settings = request->settings;
    const char *path = keep(settings, request->value, strlen(request->value));
    const char **deny =
        reallocarray(settings->deny, settings->config.deny_count + 1, sizeof *settings->deny);

    if (!path || !deny)
        return -ENOMEM;
    settings->deny = deny;
    if (*path != '/')
        return refuse(request, "the path in the box has to begin with /");
    deny[settings->config.deny_count++] = path;
    settings->config.deny = deny;
    return 0;
}

static int set_env(struct request *request)
{
    struct settings *settings = request->settings;
    const char *equals = strchr(request->value, '=');
    const char *text = NULL;
    char **env;

    if (equals == request->value || !*request->value)
        return refuse(request, "there is no variable's name");
    if (equals) {
        text = keep(settings, request->value, strlen(request->value));
    } else {
        const char *own = getenv(request->value);
        char *joined;

        if (!own)
            return 0;
        if (asprintf(&joined, "%s=%s", request->value, own) < 0)
            return -ENOMEM;
        text = keep(settings, joined, strlen(joined));
        free(joined);
    }
    env = reallocarray(settings->env, settings->env_count + 1, sizeof *env);
    if (!text || !env)
        return -ENOMEM;
    settings->env = env;
    env[settings->env_count++] = (char *)text;
    return 0;
}

static int set_clearenv(struct request *request)
{
    request->settings->clear_env = true;
    return 0;
}

static int set_chdir(struct request *request)
{
    if (*request->value != '/')
        return refuse(request, "the directory in the box has to begin with /");
    request->settings->config.directory =
        keep(request->settings, request->value, strlen(request->value));
    return request->settings->config.directory ? 0 : -ENOMEM;
}

/* A whole number between least and most, with nothing behind it. */
static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *out >= least && *out <= most;
}

static int set_uid(struct request *request)
{
    uint64_t id;

    if (!parse_number(request->value, 0, UINT32_MAX - 1, &id))
        return refuse(request, "not a user number");
    request->settings->config.uid = request->settings->config.gid = (uint32_t)id;
    return 0;
}

static int set_timeout(struct request *request)
{
    char *end;
    double seconds = strtod(request->value, &end);

    if (end == request->value || *end || !isfinite(seconds) || seconds <= 0 || seconds > 1e9)
        return refuse(request, "not a number of seconds above 0");
    request->settings->timeout_ns = (int64_t)(seconds * 1e9);
    if (request->settings->timeout_ns == 0)
        request->settings->timeout_ns = 1;
    return 0;
}

static int set_max_mem(struct request *request)
{
    char *end;
    uint64_t bytes;
    unsigned shift = 0;

    errno = 0;
    bytes = strtoull(request->value, &end, 10);
    switch (toupper((unsigned char)*end)) {
    case 'K':
        shift = 10;
        break;
    case 'M':
        shift = 20;
        break;
    case 'G':
        shift = 30;
        break;
    default:
        break;
    }
    if (shift)
        end++;
    if (!isdigit((unsigned char)*request->value) || errno || *end ||
        bytes > (MOST_MAX_MEMORY >> shift) || bytes << shift < LEAST_MAX_MEMORY)
        return refuse(request, "not a size between 1M and 1024G");
    request->settings->config.max_memory = bytes << shift;
    return 0;
}

static int set_max_procs(struct request *request)
{
    uint64_t count;

    if (!parse_number(request->value, 1, MOST_PROCS, &count))
        return refuse(request, "not a number between 1 and 30000");
    request->settings->config.max_processes = (unsigned)count;
    return 0;
}

static const struct {
    const char *key;
    bool takes_value;
    int (*set)(struct request *request);
} keys[] = {
    {"ro", true, set_ro},
    {"rw", true, set_rw},
    {"tmpfs", true, set_tmpfs},
    {"rootfs", true, set_rootfs},
    {"deny", true, set_deny},
    {"env", true, set_env},
    {"clearenv", false, set_clearenv},
    {"chdir", true, set_chdir},
    {"uid", true, set_uid},
    {"timeout", true, set_timeout},
    {"max-mem", true, set_max_mem},
    {"max-procs", true, set_max_procs},
};

int settings_set(struct settings *settings, const char *key, const char *value, char *why,
                 size_t size)
{
    struct request request = {settings, key, value, why, size};
    int error;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(key, keys[i].key) != 0)
            continue;
        if (keys[i].takes_value != (value != NULL)) {
            snprintf(why, size, keys[i].takes_value ? "--%s needs a value" : "--%s takes no value",
                     key);
            return -EINVAL;
        }
        error = keys[i].set(&request);
        if (error == -ENOMEM)
            snprintf(why, size, "out of memory");
        return error;
    }
    snprintf(why, size, "there is no option --%s", key);
    return -ENOENT;
}

static size_t name_length(const char *variable)
{
    return strcspn(variable, "=");
}

/* Puts variable into the list, in the place of an older one of the same name. */
static size_t put_variable(char **list, size_t count, char *variable)
{
    size_t len = name_length(variable);

    for (size_t i = 0; i < count; i++) {
        if (name_length(list[i]) == len && strncmp(list[i], variable, len) == 0) {
            list[i] = variable;
            return count;
        }
    }
    list[count] = variable;
    return count + 1;
}

char **settings_environment(const struct settings *settings)
{
    size_t inherited = 0, count = 0;
    char **list;

    while (!settings->clear_env && environ && environ[inherited])
        inherited++;
    list = calloc(inherited + settings->env_count + 1, sizeof *list);
    if (!list)
        return NULL;
    for (size_t i = 0; i < inherited; i++)
        list[count++] = environ[i];
    for (size_t i = 0; i < settings->env_count; i++)
        count = put_variable(list, count, settings->env[i]);
    return list;
}
