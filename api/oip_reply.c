#include "api/oip_reply.h"

#include <string.h>

static size_t oip_reply_count(const struct oip_output *output)
{
    size_t count = 1;
    for (int i = 0; i < output->tensor->num_dims; i++)
        count *= output->shape[i];
    return count;
}

static void oip_reply_write_data(const struct oip_output *output, struct writer *writer)
{
    size_t count = oip_reply_count(output);
    const float *numbers = output->values;
    const uint8_t *bytes = output->values;
    writer_array(writer, "data");
    for (size_t i = 0; i < count && writer->status == STATUS_OK; i++) {
        if (output->tensor->datatype == OIP_FP32)
            writer_float(writer, NULL, numbers[i]);
        else
            writer_integer(writer, NULL, bytes[i]);
    }
    writer_end_array(writer);
}

static void oip_reply_write_output(const struct oip_output *output, struct writer *writer)
{
    writer_object(writer, NULL);
    writer_string(writer, "name", output->tensor->name);
    writer_string(writer, "datatype", oip_datatype_name(output->tensor->datatype));
    writer_array(writer, "shape");
    for (int i = 0; i < output->tensor->num_dims; i++)
        writer_integer(writer, NULL, output->shape[i]);
    writer_end_array(writer);
    if (output->binary) {
        writer_object(writer, "parameters");
        writer_integer(writer, "binary_data_size",
                       oip_reply_count(output) * oip_datatype_size(output->tensor->datatype));
        writer_end_object(writer);
    } else {
        oip_reply_write_data(output, writer);
    }
    writer_end_object(writer);
}

static enum status oip_reply_append_floats(const float *values, size_t count, struct buf *out)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        uint8_t bytes[] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                           (uint8_t)(bits >> 24)};
        status = buf_append(out, bytes, sizeof bytes);
    }
    return status;
}

static enum status oip_reply_append_binary(const struct oip_output *output, struct buf *out)
{
    size_t count = oip_reply_count(output);
    if (!output->binary)
        return STATUS_OK;
    return output->tensor->datatype == OIP_FP32
               ? oip_reply_append_floats(output->values, count, out)
               : buf_append(out, output->values, count);
}

enum status oip_reply_write(const struct oip_reply *reply, struct buf *out, size_t *json_size)
{
    struct writer writer;
    writer_init(&writer, out);
    writer_object(&writer, NULL);
    writer_string(&writer, "model_name", reply->model);
    writer_string(&writer, "model_version", OIP_VERSION);
    if (reply->id)
        writer_string(&writer, "id", reply->id);
    writer_object(&writer, "parameters");
    if (reply->has_seed)
        writer_integer(&writer, "seed", reply->seed);
    if (reply->has_confidence)
        writer_number(&writer, "confidence", reply->confidence);
    writer_integer(&writer, "spikes", reply->spikes);
    writer_integer(&writer, "synops", reply->synops);
    writer_end_object(&writer);
    writer_array(&writer, "outputs");
    for (int i = 0; i < reply->num_outputs; i++)
        oip_reply_write_output(&reply->outputs[i], &writer);
    writer_end_array(&writer);
    writer_end_object(&writer);
    enum status status = writer.status;
    *json_size = out->size;
    for (int i = 0; i < reply->num_outputs && status == STATUS_OK; i++)
        status = oip_reply_append_binary(&reply->outputs[i], out);
    return status;
}
