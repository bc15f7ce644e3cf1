/* Loaded before a process (LD_PRELOAD): makes one of its system calls fail, be short, slow or
 * interrupted, or the process's last.
 *
 * Counted are the calls on files below one directory, and starts of threads. What is to happen, and what did, stands in
 * memory that the processes of a test share; shim.py has the same structure. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { FAIL, SHORT, SLOW, KILL, KILL_WITHIN };
enum { OPEN = 1, WRITE = 2, CLOSE = 4, STAT = 8, MKDIR = 16, RENAME = 32, SYNC = 64, THREAD = 128 };

struct control {
    int64_t calls;    /* which kinds of calls are counted: a set */
    int64_t at;       /* the first that is hit, counted from 1 */
    int64_t times;    /* how many are */
    int64_t action;
    int64_t argument; /* an errno, or milliseconds */
    int64_t count;    /* calls so far */
    int64_t hits;
    int64_t killed_at; /* in nanoseconds of the monotonic clock */
    char directory[256];
};

static struct control *volatile control;
static unsigned char watched[1 << 16];

void fault_control(struct control *shared) { control = shared; }

static int is_below(const char *path) {
    struct control *c = control;
    size_t length = c ? strlen(c->directory) : 0;
    return length && path && strncmp(path, c->directory, length) == 0;
}

static int is_watched(int fd) {
    return control && fd >= 0 && fd < (int)sizeof watched && watched[fd];
}

static void watch(int fd, int yes) {
    if (fd >= 0 && fd < (int)sizeof watched) watched[fd] = yes;
}

static void end(struct control *c) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    c->killed_at = now.tv_sec * 1000000000LL + now.tv_nsec;
    /* The whole group: what a forked child has still to do ends too. */
    kill(0, SIGKILL);
    for (;;) pause();
}

/* Whether this call is hit; sleeps or ends where that is all there is to do. */
static int hit(int call) {
    struct control *c = control;
    if (!c || !(c->calls & call)) return 0;
    int64_t number = __sync_add_and_fetch(&c->count, 1);
    if (number < c->at || number >= c->at + c->times) return 0;
    __sync_add_and_fetch(&c->hits, 1);
    if (c->action == SLOW) {
        struct timespec time = {c->argument / 1000, c->argument % 1000 * 1000000L};
        nanosleep(&time, NULL);
    }
    if (c->action == KILL || (c->action == KILL_WITHIN && call != WRITE)) end(c);
    return 1;
}

static int fails(int call) {
    if (!hit(call) || control->action != FAIL) return 0;
    errno = control->argument;
    return 1;
}

#define REAL(type, name, ...)                    \
    static type (*real)(__VA_ARGS__);            \
    if (!real) real = dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (!is_watched(fd) || !hit(WRITE)) return real(fd, bytes, size);
    switch (control->action) {
    case FAIL:
        errno = control->argument;
        return -1;
    case SHORT:
        return real(fd, bytes, (size + 1) / 2);
    case KILL_WITHIN:
        real(fd, bytes, size / 2);
        end(control);
    }
    return real(fd, bytes, size);
}

#define OPENER(name)                                                       \
    int name(const char *path, int flags, ...) {                           \
        REAL(int, name, const char *, int, ...);                           \
        va_list arguments;                                                 \
        va_start(arguments, flags);                                        \
        mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;     \
        va_end(arguments);                                                 \
        if (!is_below(path)) return real(path, flags, mode);               \
        if (fails(OPEN)) return -1;                                        \
        int fd = real(path, flags, mode);                                  \
        watch(fd, 1);                                                      \
        return fd;                                                         \
    }
OPENER(open)
OPENER(open64)

int close(int fd) {
    REAL(int, close, int);
    if (!is_watched(fd)) return real(fd);
    int failed = fails(CLOSE);
    watch(fd, 0);
    /* Whatever it answers, the descriptor is gone. */
    int result = real(fd);
    if (failed) errno = control->argument;
    return failed ? -1 : result;
}

int statx(int fd, const char *restrict path, int flags, unsigned mask, struct statx *restrict out) {
    REAL(int, statx, int, const char *restrict, int, unsigned, struct statx *restrict);
    /* No path is allowed, whatever the declaration says: so is asked whether there is statx. */
    const char *volatile name = path;
    int ours = name && *name ? is_below(name) : name && is_watched(fd);
    return ours && fails(STAT) ? -1 : real(fd, path, flags, mask, out);
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    return is_below(path) && fails(MKDIR) ? -1 : real(path, mode);
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    return is_below(to) && fails(RENAME) ? -1 : real(from, to);
}

#define SYNCER(name)                                      \
    int name(int fd) {                                    \
        REAL(int, name, int);                             \
        return is_watched(fd) && fails(SYNC) ? -1 : real(fd); \
    }
SYNCER(fsync)
SYNCER(fdatasync)

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*start)(void *), void *restrict argument) {
    REAL(int, pthread_create, pthread_t *restrict, const pthread_attr_t *restrict,
         void *(*)(void *), void *restrict);
    return fails(THREAD) ? control->argument : real(thread, attributes, start, argument);
}
