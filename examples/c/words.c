// A dataset in C: item n asks for a word of n + 3 letters. Built with wasi-libc, or without any
// libc: see docs/plugins/c.md.
#include "dataset_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Read while it is compiled: the text of manifest.json as a string literal.
static const char MANIFEST[] =
#include "manifest.inc"
    ;

// Results are owned by the host's call and freed behind it by `cabi_post_…`: what they point to comes
// from malloc, or is empty.
static dataset_plugin_string_t text_of(const char *text) {
  dataset_plugin_string_t copy;
  dataset_plugin_string_dup(&copy, text);
  return copy;
}

static dataset_plugin_string_t nothing(void) {
  return (dataset_plugin_string_t){NULL, 0};
}

void exports_loadwright_plugin_plugin_describe(dataset_plugin_string_t *ret) {
  *ret = text_of(MANIFEST);
}

bool exports_loadwright_plugin_plugin_configure(dataset_plugin_string_t *settings,
                                                exports_loadwright_plugin_plugin_fault_t *err) {
  // The schema in the manifest allows no settings: there is nothing to read, and nothing to refuse.
  printf("configured with %zu bytes of settings\n", settings->len);
  dataset_plugin_string_free(settings);
  return true;
}

bool exports_loadwright_plugin_dataset_properties(
    exports_loadwright_plugin_dataset_dataset_properties_t *ret,
    exports_loadwright_plugin_dataset_fault_t *err) {
  memset(ret, 0, sizeof *ret);
  ret->turns.is_some = true;
  ret->turns.val = 1;
  ret->extra = nothing();
  return true;
}

static void conversation(uint32_t index, exports_loadwright_plugin_dataset_conversation_t *ret) {
  char text[64];
  snprintf(text, sizeof text, "Name a word of %u letters.", index + 3);
  // What is zero is none, empty or 0.
  exports_loadwright_plugin_dataset_turn_t *turn = calloc(1, sizeof *turn);
  turn->prompt.tag = LOADWRIGHT_PLUGIN_TYPES_PROMPT_TEXT;
  turn->prompt.val.text = text_of(text);
  memset(ret, 0, sizeof *ret);
  ret->turns.ptr = turn;
  ret->turns.len = 1;
}

bool exports_loadwright_plugin_dataset_generate(
    uint32_t first, uint32_t count,
    exports_loadwright_plugin_dataset_list_result_conversation_fault_t *ret,
    exports_loadwright_plugin_dataset_fault_t *err) {
  ret->ptr = calloc(count, sizeof *ret->ptr);
  ret->len = count;
  for (uint32_t i = 0; i < count; i++) {
    ret->ptr[i].is_err = false;
    conversation(first + i, &ret->ptr[i].val.ok);
  }
  return true;
}
