#include "api/oip.h"

const char *oip_datatype_name(enum oip_datatype datatype)
{
    static const char *const names[] = {
        [OIP_FP32] = "FP32", [OIP_UINT8] = "UINT8", [OIP_BYTES] = "BYTES"};
    return names[datatype];
}

size_t oip_datatype_size(enum oip_datatype datatype)
{
    static const size_t sizes[] = {[OIP_FP32] = 4, [OIP_UINT8] = 1, [OIP_BYTES] = 0};
    return sizes[datatype];
}

enum status oip_server_write(const char *name, const char *version, struct buf *out)
{
    static const char *const extensions[] = {"binary_tensor_data", "model_repository",
                                             "statistics"};
    struct writer writer;
    writer_init(&writer, out);
    writer_object(&writer, NULL);
    writer_string(&writer, "name", name);
    writer_string(&writer, "version", version);
    writer_array(&writer, "extensions");
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        writer_string(&writer, NULL, extensions[i]);
    writer_end_array(&writer);
    writer_end_object(&writer);
    return writer.status;
}

static void oip_tensors_write(const char *key, const struct oip_tensor *tensors, int count,
                              struct writer *writer)
{
    writer_array(writer, key);
    for (int i = 0; i < count; i++) {
        writer_object(writer, NULL);
        writer_string(writer, "name", tensors[i].name);
        writer_string(writer, "datatype", oip_datatype_name(tensors[i].datatype));
        writer_array(writer, "shape");
        for (int dim = 0; dim < tensors[i].num_dims; dim++)
            writer_number(writer, NULL, (double)tensors[i].shape[dim]);
        writer_end_array(writer);
        writer_end_object(writer);
    }
    writer_end_array(writer);
}

enum status oip_model_write(const struct oip_model *model, struct buf *out)
{
    struct writer writer;
    writer_init(&writer, out);
    writer_object(&writer, NULL);
    writer_string(&writer, "name", model->name);
    writer_array(&writer, "versions");
    writer_string(&writer, NULL, OIP_VERSION);
    writer_end_array(&writer);
    writer_string(&writer, "platform", model->platform);
    oip_tensors_write("inputs", &model->input, 1, &writer);
    oip_tensors_write("outputs", model->outputs, model->num_outputs, &writer);
    writer_end_object(&writer);
    return writer.status;
}

enum status oip_ready_write(const char *name, bool ready, struct buf *out)
{
    struct writer writer;
    writer_init(&writer, out);
    writer_object(&writer, NULL);
    writer_string(&writer, "name", name);
    writer_bool(&writer, "ready", ready);
    writer_end_object(&writer);
    return writer.status;
}
