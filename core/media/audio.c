#include "core/media/audio.h"

#include "core/base/mem.h"
#include "core/media/container.h"
#include "core/media/vorbis.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdbool.h>
#include <string.h>

enum {
    AUDIO_CHUNK_FRAMES = 4096, /* decoded at a time */
    AUDIO_FIRST_CAPACITY = 16384
};

#define AUDIO_KINDS_READ "WAV, FLAC, Ogg Vorbis, Opus, MP3, AIFF, AU, CAF and NIST SPHERE are read"

const struct audio_limits audio_default_limits = {
    .max_seconds = 30, .max_channels = 8, .min_sample_rate_hz = 4000, .max_sample_rate_hz = 192000};

/* A file in memory, as libsndfile sees it. */
struct audio_source {
    const uint8_t *bytes;
    sf_count_t size, position;
    sf_count_t zero_size; /* place of four bytes that libsndfile shall see as 2^32 - 1, or 0 */
};

static sf_count_t audio_source_length(void *user)
{
    return ((struct audio_source *)user)->size;
}

static sf_count_t audio_source_tell(void *user)
{
    return ((struct audio_source *)user)->position;
}

static sf_count_t audio_source_seek(sf_count_t offset, int whence, void *user)
{
    struct audio_source *source = user;
    sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source->position : source->size;
    if (offset < -base || offset > source->size - base)
        return -1;
    source->position = base + offset;
    return source->position;
}

/* libsndfile takes a size of 0 at its word, and the largest as unknown. */
static void audio_source_patch(const struct audio_source *source, uint8_t *to, sf_count_t count)
{
    for (sf_count_t place = source->zero_size; place < source->zero_size + 4; place++)
        if (place >= source->position && place < source->position + count)
            to[place - source->position] = 0xff;
}

static sf_count_t audio_source_read(void *to, sf_count_t count, void *user)
{
    struct audio_source *source = user;
    sf_count_t left = source->size - source->position;
    if (count > left)
        count = left;
    if (count <= 0)
        return 0;
    memcpy(to, source->bytes + source->position, (size_t)count);
    if (source->zero_size)
        audio_source_patch(source, to, count);
    source->position += count;
    return count;
}

/* Turns away what the first bytes show not to be a sound file that is read. */
static enum status audio_check_kind(const uint8_t *bytes, size_t size, const char **name,
                                    struct error *error)
{
    if (size == 0)
        return error_set(error, STATUS_EMPTY, "The sound file is empty.");
    switch (audio_sniff(bytes, size, name)) {
    case MEDIA_AUDIO:
        return STATUS_OK;
    case MEDIA_UNKNOWN:
        return error_set(error, STATUS_MALFORMED,
                         "This is no kind of sound file that is known; " AUDIO_KINDS_READ ".");
    default:
        return error_set(error, STATUS_UNSUPPORTED_MEDIA,
                         "%s is not read as sound; " AUDIO_KINDS_READ ".", *name);
    }
}

static enum status audio_cut_short(const char *name, struct error *error)
{
    return error_set(error, STATUS_MALFORMED,
                     "The %s file is cut short: its header promises more than is there.", name);
}

/*
 * Leaves out the tags before an MP3 file: libsndfile skips them and then takes any kind of file,
 * also those that are not let through here.
 */
static enum status audio_skip_tags(const uint8_t **bytes, size_t *size, struct error *error)
{
    size_t tags = container_tags_size(*bytes, *size);
    if (tags == 0) /* there may be no bytes at all */
        return STATUS_OK;
    if (tags >= *size)
        return audio_cut_short("MP3", error);
    *bytes += tags;
    *size -= tags;
    return STATUS_OK;
}

static enum status audio_check_extent(const uint8_t *bytes, size_t size, const char *name,
                                      struct error *error)
{
    switch (container_check(bytes, size)) {
    case CONTAINER_TRUNCATED:
        return audio_cut_short(name, error);
    case CONTAINER_EMPTY:
        return error_set(error, STATUS_UNUSABLE, "The %s file holds no samples.", name);
    default:
        return STATUS_OK;
    }
}

static enum status audio_check_info(const SF_INFO *info, const struct audio_limits *limits,
                                    struct error *error)
{
    if (info->channels < 1 || info->channels > limits->max_channels)
        return error_set(error, STATUS_UNUSABLE, "The sound has %d channels; at most %d are taken.",
                         info->channels, limits->max_channels);
    if (info->samplerate < limits->min_sample_rate_hz ||
        info->samplerate > limits->max_sample_rate_hz)
        return error_set(error, STATUS_UNUSABLE, "The sample rate is %d Hz; %d to %d Hz are taken.",
                         info->samplerate, limits->min_sample_rate_hz, limits->max_sample_rate_hz);
    return STATUS_OK;
}

/* Room for `needed` samples, doubling, never beyond `most`. */
static enum status audio_reserve(struct audio *audio, size_t *capacity, size_t needed, size_t most)
{
    if (needed <= *capacity)
        return STATUS_OK;
    size_t grown = *capacity ? *capacity : AUDIO_FIRST_CAPACITY;
    while (grown < needed)
        grown *= 2;
    if (grown > most)
        grown = most;
    double *samples =
        mem_resize(audio->samples, audio->num_samples * sizeof *samples, grown * sizeof *samples);
    if (!samples)
        return STATUS_NO_MEMORY;
    audio->samples = samples;
    *capacity = grown;
    return STATUS_OK;
}

/* Appends the mean over the channels of each frame of `chunk` [num_frames][channels]. */
static enum status audio_append_mean(struct audio *audio, const double *chunk, size_t num_frames,
                                     int channels, struct error *error)
{
    for (size_t n = 0; n < num_frames; n++) {
        double sum = 0;
        for (int c = 0; c < channels; c++)
            sum += chunk[n * (size_t)channels + (size_t)c];
        if (!isfinite(sum))
            return error_set(error, STATUS_MALFORMED,
                             "Sample %zu of the sound is not a finite number.", audio->num_samples);
        audio->samples[audio->num_samples++] = sum / channels;
    }
    return STATUS_OK;
}

/* Reads to the end of the file or to the longest that is taken, whichever comes first. */
static enum status audio_read_all(SNDFILE *file, const SF_INFO *info, double max_seconds,
                                  struct audio *audio, struct error *error)
{
    size_t most = (size_t)(max_seconds * info->samplerate), capacity = 0;
    double *chunk = mem_alloc((size_t)AUDIO_CHUNK_FRAMES * (size_t)info->channels, sizeof *chunk);
    enum status status = chunk ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    while (status == STATUS_OK) {
        sf_count_t got = sf_readf_double(file, chunk, AUDIO_CHUNK_FRAMES);
        if (got <= 0)
            break;
        size_t needed = audio->num_samples + (size_t)got;
        if (needed > most)
            status =
                error_set(error, STATUS_UNUSABLE,
                          "The sound is longer than the %g seconds that are taken.", max_seconds);
        else if (audio_reserve(audio, &capacity, needed, most) != STATUS_OK)
            status = error_plain(error, STATUS_NO_MEMORY);
        else
            status = audio_append_mean(audio, chunk, (size_t)got, info->channels, error);
    }
    mem_free(chunk);
    return status;
}

/* After the last read: did the decoder stumble, and did it give what the header promised? */
static enum status audio_check_end(SNDFILE *file, const SF_INFO *info, const struct audio *audio,
                                   const char *name, struct error *error)
{
    int major = info->format & SF_FORMAT_TYPEMASK;
    /* the length of a compressed stream is a guess, and an unknown length reads as the largest */
    bool exact = major != SF_FORMAT_MPEG && major != SF_FORMAT_OGG && info->frames < INT64_MAX;
    bool damaged =
        sf_error(file) != SF_ERR_NO_ERROR || (exact && audio->num_samples < (uint64_t)info->frames);
    if (damaged && errno == ENOMEM)
        return error_plain(error, STATUS_NO_MEMORY);
    if (damaged)
        return error_set(error, STATUS_MALFORMED, "The %s file is damaged after %zu samples.", name,
                         audio->num_samples);
    if (audio->num_samples == 0)
        return error_set(error, STATUS_UNUSABLE, "The %s file holds no samples.", name);
    return STATUS_OK;
}

/* Decodes what libsndfile has opened; `audio` is the caller's also on failure. */
static enum status audio_decode_open(SNDFILE *file, const SF_INFO *info,
                                     const struct audio_limits *limits, const char *name,
                                     struct audio *audio, struct error *error)
{
    audio->sample_rate_hz = info->samplerate;
    enum status status = audio_check_info(info, limits, error);
    if (status == STATUS_OK)
        status = audio_read_all(file, info, limits->max_seconds, audio, error);
    if (status == STATUS_OK)
        status = audio_check_end(file, info, audio, name, error);
    return status;
}

/*
 * libmpg123 writes several lines to standard error for each damaged frame of an MP3 file, which
 * would drown the log, and libsndfile has no way to silence it. Its call of mpg123_new comes here,
 * as the program's functions are found before those of libraries, and gets a handle that is quiet.
 */
struct mpg123_handle_struct;
struct mpg123_handle_struct *mpg123_new(const char *decoder, int *error);

struct mpg123_handle_struct *mpg123_new(const char *decoder, int *error)
{
    enum { ADD_FLAGS = 2, QUIET = 0x20 }; /* of mpg123.h */
    struct mpg123_handle_struct *(*real_new)(const char *, int *);
    int (*set)(struct mpg123_handle_struct *, int, long, double);
    *(void **)&real_new = dlsym(RTLD_NEXT, "mpg123_new");
    *(void **)&set = dlsym(RTLD_NEXT, "mpg123_param");
    struct mpg123_handle_struct *handle = real_new ? real_new(decoder, error) : NULL;
    if (handle && set)
        (void)set(handle, ADD_FLAGS, QUIET, 0);
    return handle;
}

enum status audio_decode(const uint8_t *bytes, size_t size, const struct audio_limits *limits,
                         struct audio *audio, struct error *error)
{
    const char *name = "";
    enum status status = audio_skip_tags(&bytes, &size, error);
    if (status == STATUS_OK)
        status = audio_check_kind(bytes, size, &name, error);
    if (status == STATUS_OK)
        status = audio_check_extent(bytes, size, name, error);
    if (status != STATUS_OK)
        return status;
    SF_VIRTUAL_IO io = {.get_filelen = audio_source_length,
                        .seek = audio_source_seek,
                        .read = audio_source_read,
                        .tell = audio_source_tell};
    struct audio_source source = {.bytes = bytes,
                                  .size = (sf_count_t)size,
                                  .zero_size = (sf_count_t)container_zero_size(bytes, size)};
    SF_INFO info = {0};
    errno = 0;
    bool sound = vorbis_headers_are_sound(bytes, size);
    SNDFILE *file = sound ? sf_open_virtual(&io, SFM_READ, &info, &source) : NULL;
    /* the library keeps its reason in a variable of all threads, so it cannot be told */
    if (!file && errno == ENOMEM)
        return error_plain(error, STATUS_NO_MEMORY);
    if (!file)
        return error_set(error, STATUS_MALFORMED,
                         "The %s file is damaged or holds an encoding that is not read.", name);
    struct audio decoded = {0};
    status = audio_decode_open(file, &info, limits, name, &decoded, error);
    sf_close(file);
    if (status == STATUS_OK)
        *audio = decoded;
    else
        audio_free(&decoded);
    return status;
}

void audio_free(struct audio *audio)
{
    mem_free(audio->samples);
    *audio = (struct audio){0};
}
