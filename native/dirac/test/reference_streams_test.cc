// SPDX-License-Identifier: Apache-2.0
// Streams of other encoders, where KAMAELIA_SHARED names a folder with them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "common/md5.h"
#include "player.h"

namespace kamaelia::dirac::test {
namespace {

// One for each kind of coding tool.
constexpr const char* kStreams[] = {
    "dr_default.drc",
    "dr_422.drc",
    "dr_size173x141_444.drc",
    "dr_blk24_16.drc",
    "dr_w_HAAR1_d4.drc",
    "schro_default.drc",
    "schro_mvprec3_biref.drc",
    "schro_intra_w5_d1.drc",
    "schro_codeblock_small_mq.drc",
    "schro_closed_gop_au4.drc",
    "x_next_offset_zero.drc",
    "x_multiseq_same_size.drc",
    "x_padding_aux.drc",
    "dr_field.drc",
    "dr_multiquants.drc",
    "dr_vlc.drc",
    "schro_interlaced_intra.drc",
    "schro_noarith_intra.drc",
    "schro_intra_422_10bit_lossless.drc",
    "schro_ld_422_10bit.drc",
    "schro_ld_w3_d2.drc",
    "bbc_hq_asym_w1_w3_ho2.vc2",
    "bbc_hq_custom_matrix_d5.vc2",
    "bbc_hq_daub97_444_12b.vc2",
    "bbc_hq_fields_dd137.vc2",
    "bbc_hq_fragments.vc2",
    "bbc_ld_lowrate_uneven.vc2",
    "ff_hq_qm_color.vc2",
    "ff_hq_size354x290.vc2",
    "vr_hq_cbr_422_10.vc2",
    "vr_hq_cbr_frag.vc2",
};

std::string folder() {
  const char* shared = std::getenv("KAMAELIA_SHARED");
  return shared != nullptr && *shared != 0 ? std::string(shared) + "/streams/dirac/" : "";
}

Bytes contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Digest by file, from the manifest's columns of those names.
std::map<std::string, std::string> digests() {
  std::map<std::string, std::string> found;
  std::ifstream file(folder() + "MANIFEST.tsv");
  std::string line;
  std::vector<std::string> names;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '\t');) cells.push_back(cell);
    if (names.empty()) {
      names = cells;
      continue;
    }
    std::map<std::string, std::string> named;
    for (size_t i = 0; i < cells.size() && i < names.size(); ++i) named[names[i]] = cells[i];
    found[named["file"]] = named["md5"];
  }
  return found;
}

std::string digestOf(const Played& played) {
  Md5 md5;
  const bool deep = played.formats.at(0).layout.bytesPerSample == 2;
  for (const Shown& shown : played.pictures) {
    for (const Grid& plane : shown.picture.plane) {
      Bytes bytes;
      for (const int32_t sample : plane.samples) {
        bytes.push_back(static_cast<uint8_t>(sample));
        if (deep) bytes.push_back(static_cast<uint8_t>(sample >> 8));
      }
      md5.add(bytes.data(), bytes.size());
    }
  }
  return md5.hex();
}

TEST_SUITE("reference streams") {
  TEST_CASE("decode to the bit, whatever the threads and the pieces") {
    if (folder().empty()) {
      MESSAGE("Expected KAMAELIA_SHARED for the reference streams but received nothing: skipped");
      return;
    }
    const std::map<std::string, std::string> expected = digests();
    DecoderOptions options;
    size_t chunk = 1;
    for (const char* name : kStreams) {
      CAPTURE(name);
      options.threads = options.threads % 3 + 1;
      chunk = chunk * 7 % 9973;
      for (const bool lowDelay : {false, true}) {
        CAPTURE(lowDelay);
        options.lowDelay = lowDelay;
        const Played played = play(contents(folder() + name), options, chunk);
        CHECK(played.ended);
        CHECK(played.stats.damaged == 0);
        CHECK(digestOf(played) == expected.at(name));
      }
    }
  }

  TEST_CASE("with their bytes changed, decode to an end, and give all slots back") {
    if (folder().empty()) {
      MESSAGE("Expected KAMAELIA_SHARED for the reference streams but received nothing: skipped");
      return;
    }
    std::mt19937 random(11);
    DecoderOptions options;
    options.threads = 2;
    for (const char* name : kStreams) {
      CAPTURE(name);
      options.lowDelay = !options.lowDelay;
      const Bytes whole = contents(folder() + name);
      REQUIRE(whole.size() > 1000);
      Bytes bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(whole.size() / 2));
      // The first sequence header stays, or most runs would end at it.
      for (int i = 0; i < 8; ++i) {
        bytes[60 + random() % (bytes.size() - 60)] = static_cast<uint8_t>(random());
      }
      const Played played = play(bytes, options, 3000);
      CHECK((played.ended || !played.errors.empty()));
      CHECK(played.slotsLeft == 0);
      CHECK(played.stats.delivered == played.pictures.size());
    }
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
