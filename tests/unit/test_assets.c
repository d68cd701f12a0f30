#include "server/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_documents_have_the_tag_of_their_bytes(void **state)
{
    (void)state;
    static const char *const names[] = {"/", "/docs", "/openapi.json", "app.js", "3_en-us.wav"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct asset *asset = assets_find(names[i]);
        char etag[NEGOTIATE_ETAG_SIZE];
        assert_non_null(asset);
        assert_true(assets_size(asset) > 100);
        negotiate_etag(asset->begin, assets_size(asset), etag);
        assert_string_equal(asset->etag, etag);
    }
}

static void test_other_names_are_none(void **state)
{
    (void)state;
    assert_null(assets_find(""));
    assert_null(assets_find("index.html"));
    assert_null(assets_find("schema.js"));
}

static void test_library_comes_whole_or_not_at_all(void **state)
{
    (void)state;
    const struct asset *script = assets_find("swagger-ui-bundle.js");
    const struct asset *style = assets_find("swagger-ui.css");
    const struct asset *licence = assets_find("swagger-ui-licence.txt");
    assert_true(!script == !style && !script == !licence);
    if (!script)
        return;
    assert_true(assets_size(script) > 1000000 && assets_size(style) > 100000);
    assert_memory_equal(licence->begin, "pkg:npm/swagger-ui-dist@", 24);
    assert_string_equal(licence->type, "text/plain; charset=utf-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_have_the_tag_of_their_bytes),
        cmocka_unit_test(test_other_names_are_none),
        cmocka_unit_test(test_library_comes_whole_or_not_at_all),
    };
    return cmocka_run_group_tests_name("assets", tests, NULL, NULL);
}
