// SPDX-License-Identifier: Apache-2.0
#include "shared_memory.h"

#include <cstdint>

namespace kamaelia::dirac {
namespace {

napi_value bufferOf(const Napi::TypedArray& view) {
  napi_value buffer = nullptr;
  napi_get_typedarray_info(view.Env(), view, nullptr, nullptr, nullptr, &buffer, nullptr);
  return buffer;
}

void adjust(napi_env env, int64_t bytes) {
  int64_t now = 0;
  static_cast<void>(napi_adjust_external_memory(env, bytes, &now));
}

}  // namespace

bool isShared(const Napi::TypedArray& view) {
  bool ordinary = true;
  return napi_is_arraybuffer(view.Env(), bufferOf(view), &ordinary) == napi_ok && !ordinary;
}

void countForCollector(const Napi::TypedArray& view) {
  const auto bytes = static_cast<int64_t>(view.ByteLength());
  // The finalizer has room for nothing but a pointer.
  void* const data = reinterpret_cast<void*>(static_cast<intptr_t>(bytes));
  const napi_finalize gone = [](napi_env env, void* counted, void*) {
    adjust(env, -static_cast<int64_t>(reinterpret_cast<intptr_t>(counted)));
  };
  if (napi_add_finalizer(view.Env(), bufferOf(view), data, gone, nullptr, nullptr) == napi_ok) {
    adjust(view.Env(), bytes);
  }
}

}  // namespace kamaelia::dirac
