#include "train/energy.h"

#include "models/layer.h"

double energy_synops_dense(const struct network *network, int num_steps)
{
    double connections = 0;
    for (int i = 0; i < network->num_layers; i++)
        connections += (double)layer_num_connections(&network->layers[i].shape);
    return connections * num_steps;
}

static json_t *spikes_per_layer(const struct network *network, const struct scores *scores)
{
    json_t *list = json_array();
    for (int i = 0; i < network->num_layers; i++)
        json_array_append_new(list, json_real(scores->layer_spikes[i]));
    return list;
}

/* Spikes a unit and second. */
static json_t *firing_rates(const struct network *network, const struct scores *scores,
                            int num_steps)
{
    if (!network_is_spiking(network))
        return json_null();
    json_t *list = json_array();
    for (int i = 0; i < network->num_layers; i++) {
        double unit_seconds =
            layer_num_outputs(&network->layers[i].shape) * (num_steps * network->dt);
        json_array_append_new(list, json_real(scores->layer_spikes[i] / unit_seconds));
    }
    return list;
}

bool energy_add(json_t *object, const struct network *network, const struct scores *scores,
                int num_steps, const struct energy_costs *costs)
{
    double accumulates = scores->synops - scores->macs;
    double joules = scores->macs * costs->joules_per_mac + accumulates * costs->joules_per_ac;
    json_t *added =
        json_pack("{s:f, s:f, s:f, s:f, s:o, s:o, s:f, s:f, s:f}", "synops_dense",
                  energy_synops_dense(network, num_steps), "synops_effective", accumulates, "macs",
                  scores->macs, "input_spikes", scores->input_spikes, "spikes_per_layer",
                  spikes_per_layer(network, scores), "firing_rate_hz",
                  firing_rates(network, scores, num_steps), "energy_joules", joules,
                  "joules_per_mac", costs->joules_per_mac, "joules_per_ac", costs->joules_per_ac);
    bool complete = added && json_object_update(object, added) == 0;
    json_decref(added);
    return complete;
}
