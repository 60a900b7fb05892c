/* Loaded into a server (LD_PRELOAD), records in one file, in order, what it writes to the database
 * and to its write-ahead log, when it syncs which of them, and what it sends to clients. From such a
 * record the test makes what a disk may hold after a power cut at any moment.
 *
 * A write is recorded after it was made and a sync is recorded before it begins and after it ends,
 * so a write counts as synced only if it was surely there when the sync began. An answer is recorded
 * before it is sent. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* What was done; `file` is d(atabase), l(og) or s(ocket). */
struct head {
  uint8_t did, file;
  uint16_t nothing;
  uint32_t thread;
  uint64_t offset, length;
};

static int out(void) {
  static int fd = -2;
  if (fd == -2) {
    const char *path = getenv("RECORD_WRITES");
    fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
  }
  return fd;
}

/* Which of the files this is; 0: none of them. */
static char file_of(int fd) {
  static const char db[] = "/rastro.db", log[] = "/rastro.db-wal";
  char link[40] = "/proc/self/fd/", path[4096], digits[12];
  int n = 0, at = 14;
  do digits[n++] = '0' + fd % 10; while ((fd /= 10) > 0);
  while (n > 0) link[at++] = digits[--n];
  link[at] = 0;
  ssize_t got = readlink(link, path, sizeof path - 1);
  if (got <= 0) return 0;
  path[got] = 0;
  if (strncmp(path, "socket:", 7) == 0) return 's';
  if (got >= (ssize_t)sizeof db && strcmp(path + got - (sizeof db - 1), db) == 0) return 'd';
  if (got >= (ssize_t)sizeof log && strcmp(path + got - (sizeof log - 1), log) == 0) return 'l';
  return 0;
}

/* One write to a file opened for appending: records of several threads never mix. */
static void record(char did, char file, uint64_t offset, const struct iovec *parts, int count) {
  struct iovec all[18];
  struct head head = {did, file, 0, (uint32_t)syscall(SYS_gettid), offset, 0};
  if (out() < 0) return;
  if (count > 16) abort();
  all[0] = (struct iovec){&head, sizeof head};
  for (int i = 0; i < count; i++) {
    all[i + 1] = parts[i];
    head.length += parts[i].iov_len;
  }
  if (syscall(SYS_writev, out(), all, count + 1) != (long)(sizeof head + head.length)) abort();
}

static void sent(int fd, const struct iovec *parts, int count) {
  if (file_of(fd) == 's') record('a', 's', 0, parts, count);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  ssize_t done = syscall(SYS_pwrite64, fd, data, length, offset);
  char file = done > 0 ? file_of(fd) : 0;
  struct iovec part = {(void *)data, (size_t)(done > 0 ? done : 0)};
  if (file && file != 's') record('w', file, (uint64_t)offset, &part, 1);
  return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  return pwrite64(fd, data, length, offset);
}

static int synced(long call, int fd) {
  char file = file_of(fd);
  if (file == 's') file = 0;
  if (file) record('b', file, 0, NULL, 0);
  int failed = syscall(call, fd);
  if (file && !failed) record('e', file, 0, NULL, 0);
  return failed;
}

int fsync(int fd) { return synced(SYS_fsync, fd); }
int fdatasync(int fd) { return synced(SYS_fdatasync, fd); }

int ftruncate64(int fd, off64_t length) {
  int failed = syscall(SYS_ftruncate, fd, length);
  char file = failed ? 0 : file_of(fd);
  if (file && file != 's') record('t', file, (uint64_t)length, NULL, 0);
  return failed;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

ssize_t write(int fd, const void *data, size_t length) {
  struct iovec part = {(void *)data, length};
  sent(fd, &part, 1);
  return syscall(SYS_write, fd, data, length);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (count <= 16) sent(fd, parts, count);
  return syscall(SYS_writev, fd, parts, count);
}

ssize_t send(int fd, const void *data, size_t length, int flags) {
  struct iovec part = {(void *)data, length};
  sent(fd, &part, 1);
  return syscall(SYS_sendto, fd, data, length, flags, NULL, 0);
}
