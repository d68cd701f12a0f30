/* Cards: what the program writes is replaced, what is written by hand stays. */
#include "train/card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char card[] = "# name\n\nIntroduction.\n\n## How it was made\n\n| a | b |\n\n"
                           "## Scores on the test split\n\n| old |\n\n### By steps\n\n| old |\n\n"
                           "## Limits\n\nBy hand.\n\n### Voices\n\nBy hand, too.\n";

static void assert_replaced(const char *heading, const char *section, const char *expected)
{
    struct buf out;
    buf_init(&out, CARD_CAP);
    assert_int_equal(card_replace_section(card, heading, section, &out, NULL), STATUS_OK);
    assert_string_equal((const char *)out.bytes, expected);
    buf_free(&out);
}

static void test_a_section_is_replaced_with_all_below_it(void **state)
{
    (void)state;
    assert_replaced("## Scores on the test split", "## Scores on the test split\n\n| new |\n",
                    "# name\n\nIntroduction.\n\n## How it was made\n\n| a | b |\n\n"
                    "## Scores on the test split\n\n| new |\n\n"
                    "## Limits\n\nBy hand.\n\n### Voices\n\nBy hand, too.\n");
    assert_replaced("## Limits", "## Limits\n\nNone.\n\n",
                    "# name\n\nIntroduction.\n\n## How it was made\n\n| a | b |\n\n"
                    "## Scores on the test split\n\n| old |\n\n### By steps\n\n| old |\n\n"
                    "## Limits\n\nNone.\n");
}

static void test_a_new_section_comes_behind_the_scores(void **state)
{
    (void)state;
    assert_replaced("## Scores on the test split of wavs:x",
                    "## Scores on the test split of wavs:x\n\n| new |\n",
                    "# name\n\nIntroduction.\n\n## How it was made\n\n| a | b |\n\n"
                    "## Scores on the test split\n\n| old |\n\n### By steps\n\n| old |\n\n"
                    "## Scores on the test split of wavs:x\n\n| new |\n\n"
                    "## Limits\n\nBy hand.\n\n### Voices\n\nBy hand, too.\n");
}

static void test_a_card_without_scores_gets_them_at_its_end(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, CARD_CAP);
    assert_int_equal(card_replace_section("# name\n\n## Limits\n\nMany.", "## Scores",
                                          "## Scores\n\n| new |\n", &out, NULL),
                     STATUS_OK);
    assert_string_equal((const char *)out.bytes,
                        "# name\n\n## Limits\n\nMany.\n\n## Scores\n\n| new |\n");
    buf_free(&out);
}

static void test_sections_by_hand_are_kept(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, CARD_CAP);
    assert_int_equal(buf_append_string(&out, "# name\n\n## How it was made\n\n| c |\n"), STATUS_OK);
    assert_int_equal(card_keep_sections(card, &out, NULL), STATUS_OK);
    assert_string_equal((const char *)out.bytes,
                        "# name\n\n## How it was made\n\n| c |\n\n"
                        "## Limits\n\nBy hand.\n\n### Voices\n\nBy hand, too.\n");
    buf_free(&out);
}

static void test_the_time_of_training_is_found(void **state)
{
    (void)state;
    assert_true(
        card_training_seconds("## How it was made\n\n| seed | `1` |\n| time | `416 s` |\n") == 416);
    assert_true(card_training_seconds("## How it was made\n\n| times | `416 s` |\n") == -1);
    assert_true(card_training_seconds("") == -1);
}

static void test_a_cap_is_an_error(void **state)
{
    (void)state;
    struct buf out;
    struct error error;
    buf_init(&out, 20);
    assert_int_equal(card_replace_section(card, "## Limits", "## Limits\n", &out, &error),
                     STATUS_TOO_LARGE);
    buf_free(&out);
}

static void test_scores_as_a_table(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, CARD_CAP);
    assert_int_equal(
        card_scores_of_text("{\"num_samples\":300,\"pixel_mse\":0.0125,\"mse_spikes\":null,"
                            "\"spikes_per_layer\":[1,2],\"by_steps\":[{\"steps\":1}],"
                            "\"interval_95\":{\"pixel_mse\":[0.0120,0.0130]}}",
                            &out, NULL),
        STATUS_OK);
    assert_string_equal((const char *)out.bytes, "| score | | 95 % interval |\n|---|---|---|\n"
                                                 "| num_samples | `300` |  |\n"
                                                 "| pixel_mse | `0.0125` | 0.012 to 0.013 |\n"
                                                 "| spikes_per_layer | `[1, 2]` |  |\n");
    buf_free(&out);
}

static void test_the_card_lies_beside_its_checkpoint(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_int_equal(card_path("a.b/name.safetensors", path, NULL), STATUS_OK);
    assert_string_equal(path, "a.b/name.md");
    assert_int_equal(card_path("a.b/name", path, NULL), STATUS_OK);
    assert_string_equal(path, "a.b/name.md");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_section_is_replaced_with_all_below_it),
        cmocka_unit_test(test_a_new_section_comes_behind_the_scores),
        cmocka_unit_test(test_a_card_without_scores_gets_them_at_its_end),
        cmocka_unit_test(test_sections_by_hand_are_kept),
        cmocka_unit_test(test_the_time_of_training_is_found),
        cmocka_unit_test(test_a_cap_is_an_error),
        cmocka_unit_test(test_scores_as_a_table),
        cmocka_unit_test(test_the_card_lies_beside_its_checkpoint),
    };
    return cmocka_run_group_tests_name("card", tests, NULL, NULL);
}
