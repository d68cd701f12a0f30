/* The table of routes agrees with the contract, and paths are taken literally. */
#include "server/assets.h"
#include "server/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

static void assert_finds(const char *path, const char *pattern, const char *model,
                         const char *version)
{
    struct request_names names;
    const struct route *route = routes_find(path, &names);
    if (!route)
        fail_msg("%s is no route", path);
    assert_string_equal(route->pattern, pattern);
    assert_string_equal(names.model, model);
    assert_string_equal(names.version, version);
}

static void test_finds(void **state)
{
    (void)state;
    assert_finds("/", "/", "", "");
    assert_finds("/v1/models/mnist-ae", "/v1/models/{name}", "mnist-ae", "");
    assert_finds("/v2", "/v2", "", "");
    assert_finds("/v2/", "/v2/", "", "");
    assert_finds("/v2/models/a.b", "/v2/models/{name}", "a.b", "");
    assert_finds("/v2/models/a/ready", "/v2/models/{name}/ready", "a", "");
    assert_finds("/v2/models/a/versions/1", "/v2/models/{name}/versions/{version}", "a", "1");
    assert_finds("/v2/models/a/versions/2/ready", "/v2/models/{name}/versions/{version}/ready", "a",
                 "2");
}

static void test_finds_nothing_else(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "*",
        "//",
        "/v1",
        "/v1/models/",
        "/v1/models/a/b",
        "/v1/models/..",
        "/v1/models/%61",
        "/v1/Models",
        "/v1/synthesize/",
        "v1/models",
        "/healthz?",
        "/v1/models/{name}",
        "/v1/models/ a",
        "/v2/models/",
        "/v2/models//ready",
        "/v2/models/a/",
        "/v2/models/a/b/ready",
        "/v2/models/../ready",
        "/v2/models/a/versions",
        "/v2/models/a/versions/",
        "/v2/models/a/versions/1/",
        "/v2/models/a/versions/1/2",
        "/v2/models/a/versions/../ready",
        "/v2/models/a%2fb/ready",
        "/v2/repository/models/../../etc/passwd/load",
        ("/v2/models/"
         "a123456789012345678901234567890123456789012345678901234567890123/ready"),
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct request_names names;
        if (routes_find(paths[i], &names))
            fail_msg("'%s' is a route", paths[i]);
    }
}

/* Names of a path's query parameters, as the contract has them, must parse on that route alone. */
static void check_parameters(const struct route *route, const json_t *operation)
{
    static const char *const all[] = {"model=a",  "seed=1",        "steps=1",      "scale=1",
                                      "frames=1", "polarity=keep", "encoding=aer", "timeout_ms=1"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t length = strcspn(all[i], "="), index;
        const json_t *parameter;
        bool promised = false;
        struct query query;
        json_array_foreach(json_object_get(operation, "parameters"), index, parameter)
        {
            const char *name = strrchr(json_string_value(json_object_get(parameter, "$ref")), '/');
            promised =
                promised || (strlen(name + 1) == length && strncmp(name + 1, all[i], length) == 0);
        }
        bool taken = query_parse(all[i], route->parameters, &query, NULL) == STATUS_OK;
        if (taken != promised)
            fail_msg("%s: %s is %s", route->pattern, all[i], taken ? "a secret" : "a promise");
    }
}

/* A path of the contract with its names filled in. */
static void fill_names(const char *pattern, char path[256])
{
    size_t length = 0;
    while (*pattern) {
        assert_true(length < 255);
        path[length++] = *pattern == '{' ? 'x' : *pattern;
        pattern = *pattern == '{' ? strchr(pattern, '}') + 1 : pattern + 1;
    }
    path[length] = 0;
}

static void test_agrees_with_the_contract(void **state)
{
    (void)state;
    const struct asset *asset = assets_find("/openapi.json");
    assert_non_null(asset);
    json_t *contract = json_loadb(asset->begin, assets_size(asset), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(contract);
    const char *pattern;
    json_t *item;
    json_object_foreach(json_object_get(contract, "paths"), pattern, item)
    {
        char path[256];
        struct request_names names;
        fill_names(pattern, path);
        const struct route *route = routes_find(path, &names);
        if (!route)
            fail_msg("%s is no route", pattern);
        assert_string_equal(route->pattern, pattern);
        const json_t *get = json_object_get(item, "get");
        const json_t *post = json_object_get(item, "post");
        assert_true(route->method == ROUTE_GET ? get && !post : post && !get);
        check_parameters(route, get ? get : post);
    }
    json_decref(contract);
}

static void test_page_is_embedded(void **state)
{
    (void)state;
    const struct asset *page = assets_find("/");
    assert_non_null(page);
    assert_true(assets_size(page) > 100);
    assert_int_equal(strncmp(page->begin, "<!doctype html>", 15), 0);
    assert_int_equal(strncmp(page->end - 8, "</html>\n", 8), 0);
    assert_null(assets_find("/absent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds),
        cmocka_unit_test(test_finds_nothing_else),
        cmocka_unit_test(test_agrees_with_the_contract),
        cmocka_unit_test(test_page_is_embedded),
    };
    return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
