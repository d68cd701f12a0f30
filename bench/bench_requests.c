/*
 * What a request costs without HTTP: half a second of speech to a picture, and a picture to its
 * reconstruction, from the bytes of the upload to those of the PNG; on one core and on all, with
 * the share of each part, and the cochlea against real time.
 *
 *   bench_requests SECONDS            measures
 *   bench_requests --write FOLDER     writes clip.wav and digit.png, the uploads
 */
#include "bench/clip.h"
#include "bench/measure.h"
#include "bench/subject.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/media/image.h"
#include "core/media/resample.h"
#include "models/front_end.h"
#include "models/listen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PNG = 1 << 20, MAX_THREADS = 256, NUM_PARTS = 5 };

enum part { PART_DECODE, PART_RESAMPLE, PART_HEAR, PART_NETWORK, PART_PNG };
static const char *const part_names[NUM_PARTS] = {"decode", "resample", "hear", "network", "png"};

static const char digit_sample[] = "digit_3.png";

/* A thread's own: the upload and the model are shared. */
struct job {
    const struct network *network;
    const struct buf *upload;
    struct inference scratch;
    real *input;
    uint8_t *grey;
    struct buf png;
    double seconds[NUM_PARTS], lap;
    int hearings; /* of run_listening */
};

static void job_open(struct job *job, const struct network *network, const struct buf *upload)
{
    *job = (struct job){.network = network, .upload = upload};
    job->input = measure_alloc(network_num_inputs(network), sizeof *job->input);
    job->grey = measure_alloc(network_num_pixels(network), 1);
    buf_init(&job->png, MAX_PNG);
}

static void job_close(struct job *job)
{
    inference_free(&job->scratch);
    mem_free(job->input);
    mem_free(job->grey);
    buf_free(&job->png);
}

/* Adds the time since the last lap to a part. */
static void job_lap(struct job *job, enum part part)
{
    double now = measure_now();
    job->seconds[part] += now - job->lap;
    job->lap = now;
}

static void read_picture(struct job *job)
{
    const struct network *network = job->network;
    struct error error;
    float *pixels = measure_alloc(network_num_inputs(network), sizeof *pixels);
    measure_expect(image_decode_png(job->upload->bytes, job->upload->size, IMAGE_POLARITY_KEEP,
                                    network->image_width, network->image_height, pixels, &error),
                   &error);
    for (uint32_t i = 0; i < network_num_inputs(network); i++)
        job->input[i] = (real)pixels[i];
    mem_free(pixels);
    job_lap(job, PART_DECODE);
}

static void read_speech(struct job *job)
{
    struct audio audio;
    struct error error;
    measure_expect(
        audio_decode(job->upload->bytes, job->upload->size, &audio_default_limits, &audio, &error),
        &error);
    job_lap(job, PART_DECODE);
    int rate_hz = (int)job->network->front_end.cochlea.sample_rate_hz;
    measure_expect(resample(&audio, rate_hz, &error), &error);
    job_lap(job, PART_RESAMPLE);
    measure_expect(front_end_run(job->network, &audio, job->input, &error), &error);
    job_lap(job, PART_HEAR);
    audio_free(&audio);
}

static void find_place(const struct network *network, const struct raster *latent)
{
    struct handwriting_place place;
    struct error error;
    if (network->handwriting.num_anchors)
        measure_expect(handwriting_locate(&network->handwriting, latent, &place, &error), &error);
}

static void run_spiking(struct job *job)
{
    const struct network *network = job->network;
    struct inference_stats stats = {0};
    struct raster latent, output;
    struct error error;
    measure_expect(inference_encode(&job->scratch, network, job->input, 1, network->num_steps,
                                    &latent, &stats, &error),
                   &error);
    find_place(network, &latent);
    measure_expect(inference_decode(&job->scratch, network, &latent, &output, &stats, &error),
                   &error);
    job_lap(job, PART_NETWORK);
    inference_grey(&output, output.num_steps, job->grey);
    raster_free(&latent);
    raster_free(&output);
}

static void run_analog(struct job *job)
{
    uint32_t pixels = network_num_pixels(job->network);
    struct inference_stats stats = {0};
    real *picture = measure_alloc(pixels, sizeof *picture);
    struct error error;
    measure_expect(
        inference_analog(&job->scratch, job->network, job->input, picture, &stats, &error), &error);
    job_lap(job, PART_NETWORK);
    inference_grey_analog(picture, pixels, job->grey);
    mem_free(picture);
}

static void run_job(void *argument)
{
    struct job *job = argument;
    const struct network *network = job->network;
    struct error error;
    job->lap = measure_now();
    if (network->task == NETWORK_SYNTHESIZE)
        read_speech(job);
    else
        read_picture(job);
    if (network_is_spiking(network))
        run_spiking(job);
    else
        run_analog(job);
    job->png.size = 0;
    measure_expect(image_encode_png(job->grey, network->image_width, network->image_height, 1,
                                    &job->png, &error),
                   &error);
    job_lap(job, PART_PNG);
}

static double rate_of_all_cores(const struct network *network, const struct buf *upload,
                                double seconds)
{
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct job *jobs = measure_alloc(MAX_THREADS, sizeof *jobs);
    void *arguments[MAX_THREADS] = {NULL};
    cores = cores < MAX_THREADS ? cores : MAX_THREADS;
    for (int i = 0; i < cores; i++) {
        job_open(&jobs[i], network, upload);
        arguments[i] = &jobs[i];
    }
    double rate = measure_rate(run_job, arguments, cores, seconds);
    for (int i = 0; i < cores; i++)
        job_close(&jobs[i]);
    mem_free(jobs);
    return rate;
}

static void measure_request(const char *key, const char *model, const struct buf *upload,
                            double seconds)
{
    struct network *network = subject_load(model);
    struct job job;
    double whole = 0;
    job_open(&job, network, upload);
    double one = measure_call(run_job, &job, seconds);
    for (int i = 0; i < NUM_PARTS; i++)
        whole += job.seconds[i];
    measure_print(one * 1e6, "requests.%s.single_us", key);
    measure_print(rate_of_all_cores(network, upload, seconds), "requests.%s.per_s", key);
    measure_print((double)job.png.size, "requests.%s.png_bytes", key);
    for (int i = 0; i < NUM_PARTS; i++)
        if (job.seconds[i] > 0)
            measure_print(job.seconds[i] / whole, "requests.%s.share.%s", key, part_names[i]);
    job_close(&job);
    network_release(network);
}

/* --- listening again ----------------------------------------------------------------------- */

/* A recording to its latent, as the daemon takes it. */
static void run_listening(void *argument)
{
    struct job *job = argument;
    const struct network *network = job->network;
    struct inference_stats stats = {0};
    struct listen_result result;
    struct audio audio;
    struct error error;
    measure_expect(
        audio_decode(job->upload->bytes, job->upload->size, &audio_default_limits, &audio, &error),
        &error);
    measure_expect(listen_run(&job->scratch, network, &audio, 1, network->num_steps, job->input,
                              &job->scratch.latent, &stats, &result, &error),
                   &error);
    audio_free(&audio);
    job->hearings = result.hearings;
}

/* Once as it is, and once as if it left doubt whatever it says. */
static void measure_listening(const struct buf *clip, double seconds)
{
    struct network *network = subject_load("speech-digits");
    struct job job;
    job_open(&job, network, clip);
    run_listening(&job);
    measure_print(job.hearings, "requests.synthesize.hearings");
    network->front_end.doubt_margin = 1;
    double time = measure_call(run_listening, &job, seconds);
    measure_print(time * 1e6, "requests.doubt_us");
    measure_print(job.hearings, "requests.doubt_hearings");
    job_close(&job);
    network_release(network);
}

/* --- the cochlea alone --------------------------------------------------------------------- */

struct ear {
    const struct cochlea_design *design;
    struct audio audio;
    double *frames;
};

static void run_ear(void *argument)
{
    struct ear *ear = argument;
    struct error error;
    measure_expect(
        cochlea_run(ear->design, ear->audio.samples, ear->audio.num_samples, ear->frames, &error),
        &error);
}

static void measure_ear(const struct buf *clip, double seconds)
{
    struct network *network = subject_load("speech-digits");
    struct ear ear = {.design = &network->cochlea};
    struct error error;
    int rate_hz = (int)network->front_end.cochlea.sample_rate_hz;
    measure_expect(audio_decode(clip->bytes, clip->size, &audio_default_limits, &ear.audio, &error),
                   &error);
    measure_expect(resample(&ear.audio, rate_hz, &error), &error);
    ear.frames = measure_alloc(cochlea_num_frames(ear.design, ear.audio.num_samples) *
                                   (size_t)ear.design->num_channels,
                               sizeof *ear.frames);
    double time = measure_call(run_ear, &ear, seconds);
    measure_print(time * 1e6, "requests.cochlea_us");
    measure_print((double)ear.audio.num_samples / rate_hz / time, "requests.cochlea_real_time");
    mem_free(ear.frames);
    audio_free(&ear.audio);
    network_release(network);
}

static void write_upload(const char *folder, const char *name, const struct buf *bytes)
{
    char path[512];
    struct error error;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    measure_expect(file_replace(path, bytes->bytes, bytes->size, &error), &error);
}

int main(int argc, char **argv)
{
    bool writes = argc == 3 && strcmp(argv[1], "--write") == 0;
    struct buf clip, digit;
    if (!writes && argc != 2) {
        fprintf(stderr, "usage: bench_requests SECONDS | --write FOLDER\n");
        return 2;
    }
    buf_init(&clip, MAX_PNG);
    clip_make(&clip);
    subject_read_sample(digit_sample, &digit);
    if (writes) {
        write_upload(argv[2], "clip.wav", &clip);
        write_upload(argv[2], "digit.png", &digit);
    } else {
        double seconds = measure_number(argv[1]);
        measure_request("synthesize", "speech-digits", &clip, seconds);
        measure_request("reconstruct", "mnist-ae", &digit, seconds);
        measure_request("ann", "mnist-ann", &digit, seconds);
        measure_listening(&clip, seconds);
        measure_ear(&clip, seconds);
    }
    buf_free(&clip);
    buf_free(&digit);
    return 0;
}
