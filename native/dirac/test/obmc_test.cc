// SPDX-License-Identifier: Apache-2.0
#include "obmc.h"

#include <doctest/doctest.h>

#include <optional>
#include <random>

#include "common/cpu_flags.h"
#include "motion_reference.h"
#include "stream_builder.h"

namespace kamaelia::dirac::test {
namespace {

// Three planes of a picture in a slot, and it as a reference.
struct Slot {
  VideoFormat format;
  FrameLayout layout;
  Bytes bytes;
  ReferencePicture reference;

  Slot(const HeaderOptions& options, const Picture& picture) {
    const Bytes header = sequenceHeader(options);
    REQUIRE(parseSequenceHeader(header.data(), header.size(), &format).ok());
    layout = layoutOf(format);
    bytes.assign(layout.slotBytes, 0xA5);
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < picture.plane[c].height; ++y) {
        for (int x = 0; x < picture.plane[c].width; ++x) {
          bytes[layout.plane[c].offset + static_cast<size_t>(y) * layout.plane[c].stride +
                static_cast<size_t>(x)] = static_cast<uint8_t>(picture.plane[c].at(x, y));
        }
      }
    }
    reference.base = bytes.data();
    reference.layout = layout;
  }
};

struct Case {
  PredictionParams params;
  MotionField field;
  const Grid* residual = nullptr;
};

constexpr int kDepths[3] = {8, 8, 8};

template <typename Sample>
void upsampleAll(const UpsampleDsp<Sample>& dsp, const int (&bitDepth)[3],
                 ReferencePicture* picture) {
  const size_t tasks = prepareUpsampling(picture);
  for (size_t task = 0; task < tasks; ++task) upsample(dsp, bitDepth, picture, task);
}

const RebuildDsp<uint8_t, int32_t>& rebuildDsp() {
  static const RebuildDsp<uint8_t, int32_t> made = [] {
    RebuildDsp<uint8_t, int32_t> dsp;
    initRebuild(&dsp, cpuFlags());
    return dsp;
  }();
  return made;
}

const UpsampleDsp<uint8_t>& upsampleDsp() {
  static const UpsampleDsp<uint8_t> made = [] {
    UpsampleDsp<uint8_t> dsp;
    initUpsample(&dsp, cpuFlags());
    return dsp;
  }();
  return made;
}

// Rows of a residual that is there already.
class GridRows final : public ResidualRows<int32_t> {
 public:
  explicit GridRows(const Grid& grid) : grid_(grid) {}
  void seek(int row) override { next_ = row; }
  const int32_t* next() override { return grid_.samples.data() + next_++ * grid_.width; }

 private:
  const Grid& grid_;
  int next_ = 0;
};

// Block rows in several ranges, into a target with guard bytes.
Grid compensated(const Case& what, const Compensation<uint8_t, int32_t>& base, int width,
                 int height, int rowsPerTask) {
  constexpr int kGuard = 16;
  const int stride = width + 2 * kGuard;
  Bytes target(static_cast<size_t>(stride * (height + 2)), 0xEE);
  Compensation<uint8_t, int32_t> job = base;
  job.params = &what.params;
  job.field = &what.field;
  job.target = target.data() + stride + kGuard;
  job.targetStride = stride;
  job.width = width;
  job.height = height;
  std::optional<GridRows> residual;
  if (what.residual != nullptr) residual.emplace(*what.residual);
  for (int row = 0; row < what.field.blocksY; row += rowsPerTask) {
    compensate(rebuildDsp(), job, row, std::min(row + rowsPerTask, what.field.blocksY),
               residual ? &*residual : nullptr);
  }
  Grid out(width, height);
  int touched = 0;
  for (int y = -1; y <= height; ++y) {
    for (int x = -kGuard; x < width + kGuard; ++x) {
      const uint8_t value = job.target[y * stride + x];
      if (x >= 0 && x < width && y >= 0 && y < height) {
        out.at(x, y) = value;
      } else {
        touched += value != 0xEE;
      }
    }
  }
  CHECK(touched == 0);
  return out;
}

MotionField randomField(int width, int height, const PredictionParams& params, int references,
                        int32_t reach, uint32_t seed) {
  std::mt19937 random(seed);
  MotionField field;
  field.configure(width, height, params);
  const auto around = [&](int32_t most) {
    return static_cast<int32_t>(random() % static_cast<uint32_t>(2 * most + 1)) - most;
  };
  for (MotionBlock& block : field.blocks) {
    block.mode = static_cast<uint8_t>(random() % (references == 2 ? 4 : 2));
    for (Vector& vector : block.vector) vector = {around(reach), around(reach)};
    for (int32_t& dc : block.dc) dc = around(140);
  }
  if (seed % 2 == 0) field.dcPeak = 140;  // or not known: sums of 32 bits
  return field;
}

// A row of DC blocks, each of its own value.
Grid dcRow(const PredictionParams& params, int shift, const std::vector<int32_t>& values) {
  const int width = params.separationX * static_cast<int>(values.size());
  Case what{params, {}, nullptr};
  what.field.configure(width, 1, params);
  for (int y = 0; y < what.field.blocksY; ++y) {
    for (int x = 0; x < what.field.blocksX; ++x) {
      what.field.blocks[static_cast<size_t>(y * what.field.blocksX + x)].dc[0] =
          values[std::min(static_cast<size_t>(x), values.size() - 1)] - 128;
    }
  }
  Compensation<uint8_t, int32_t> job;
  job.horizontalShift = shift;
  job.verticalShift = shift;
  return compensated(what, job, width >> shift, 1, 100);
}

TEST_SUITE("overlapped blocks") {
  TEST_CASE("the ramp between two blocks, by hand") {
    // Lengths of 8 every 4 samples: 1, 3, 5 and 7 eighths of the new block, centred on the border.
    CHECK(dcRow(blockPreset(1), 0, {0, 64, 64, 64}).samples ==
          std::vector<int32_t>{0, 0, 8, 24, 40, 56, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64});
    // Chroma of the same: an overlap of two samples has 3 and 5 eighths.
    CHECK(dcRow(blockPreset(1), 1, {0, 64, 64, 64}).samples ==
          std::vector<int32_t>{0, 24, 40, 64, 64, 64, 64, 64});
    // Lengths of 24 every 16: eight samples, 1 2 3 4 4 5 6 7.
    const Grid wide = dcRow(blockPreset(4), 0, {0, 64, 64, 64});
    CHECK(std::vector<int32_t>(wide.samples.begin() + 11, wide.samples.begin() + 21) ==
          std::vector<int32_t>{0, 8, 16, 24, 32, 32, 40, 48, 56, 64});
  }

  TEST_CASE("blocks that do not overlap have sharp borders") {
    PredictionParams params;
    params.blockWidth = params.blockHeight = params.separationX = params.separationY = 4;
    CHECK(dcRow(params, 0, {10, 50, 0, 255}).samples ==
          std::vector<int32_t>{10, 10, 10, 10, 50, 50, 50, 50, 0, 0, 0, 0, 255, 255, 255, 255});
  }

  TEST_CASE("weights add up: blocks that agree give a flat picture") {
    for (int preset = 1; preset <= 4; ++preset) {
      for (const int shift : {0, 1}) {
        CAPTURE(preset);
        Case what{blockPreset(preset), {}, nullptr};
        what.field.configure(150, 90, what.params);
        for (MotionBlock& block : what.field.blocks) block.dc[0] = 71;
        Compensation<uint8_t, int32_t> job;
        job.horizontalShift = job.verticalShift = shift;
        CHECK(compensated(what, job, 150 >> shift, 90 >> shift, 3) ==
              Grid(150 >> shift, 90 >> shift, 199));
      }
    }
  }

  TEST_CASE("DC values and residuals are clipped to 8 bits, the prediction first") {
    Case what{blockPreset(1), {}, nullptr};
    what.field.configure(8, 4, what.params);
    for (MotionBlock& block : what.field.blocks) block.dc[0] = 1000;
    Grid residual(8, 4, -300);
    residual.at(0, 0) = -55;
    residual.at(1, 0) = 1;
    Grid expected(8, 4, 0);
    expected.at(0, 0) = 200;
    expected.at(1, 0) = 255;
    CHECK(compensated(what, {}, 8, 4, 1) == Grid(8, 4, 255));
    what.residual = &residual;
    CHECK(compensated(what, {}, 8, 4, 1) == expected);
  }
}

TEST_SUITE("motion compensation") {
  TEST_CASE("every precision, block size, chroma format and weight as the specification has it") {
    uint32_t seed = 1;
    for (const Chroma chroma : {Chroma::k420, Chroma::k422, Chroma::k444}) {
      const HeaderOptions options{.width = 50, .height = 38, .chroma = chroma};
      const Picture pictures[2] = {noisyPicture(options, 1), noisyPicture(options, 2)};
      Slot slots[2] = {{options, pictures[0]}, {options, pictures[1]}};
      for (Slot& slot : slots) upsampleAll(upsampleDsp(), kDepths, &slot.reference);
      for (int precision = 0; precision <= 3; ++precision) {
        for (int preset = 1; preset <= 5; ++preset) {
          ++seed;
          const int references = seed % 3 == 0 ? 1 : 2;
          Case what;
          what.params = preset < 5 ? blockPreset(preset) : PredictionParams{};
          if (preset == 5) {  // not square
            what.params.blockWidth = 16, what.params.separationX = 8;
            what.params.blockHeight = 8, what.params.separationY = 8;
          }
          what.params.precision = precision;
          if (seed % 4 == 1) what.params.weightPrecision = 3, what.params.weight[0] = 5;
          if (seed % 4 == 2) what.params.weight[1] = -1, what.params.weightPrecision = 0;
          // Vectors that lead far outside too.
          what.field = randomField(50, 38, what.params, references, seed % 2 ? 40 : 1000, seed);
          for (int c = 0; c < 3; ++c) {
            CAPTURE(static_cast<int>(chroma));
            CAPTURE(precision);
            CAPTURE(preset);
            CAPTURE(c);
            const int hs = c > 0 && chroma != Chroma::k444 ? 1 : 0;
            const int vs = c > 0 && chroma == Chroma::k420 ? 1 : 0;
            const int width = pictures[0].plane[c].width, height = pictures[0].plane[c].height;
            Compensation<uint8_t, int32_t> job;
            for (int r = 0; r < 2; ++r) {
              job.reference[r] = slots[r].reference.view<uint8_t>(c);
            }
            job.references = references;
            job.component = c;
            job.horizontalShift = hs;
            job.verticalShift = vs;
            const Grid expected = predict({&what.params,
                                           &what.field,
                                           {&pictures[0].plane[c], &pictures[1].plane[c]},
                                           c,
                                           hs,
                                           vs,
                                           width,
                                           height});
            CHECK(compensated(what, job, width, height, 2) == expected);
            CHECK(compensated(what, job, width, height, 100) == expected);
          }
        }
      }
    }
  }
}

TEST_SUITE("motion compensation of blocks that move alike") {
  // Most blocks as the one on their left; what a block's mode leaves unused differs all the same.
  MotionField alikeField(const PredictionParams& params, int reach, uint32_t seed) {
    MotionField field = randomField(330, 22, params, 2, reach, seed);
    std::mt19937 random(seed);
    for (size_t i = 1; i < field.blocks.size(); ++i) {
      if (random() % 12 == 0) continue;
      MotionBlock& block = field.blocks[i];
      const MotionBlock& left = field.blocks[i - 1];
      block.mode = left.mode;
      block.global = false;
      for (int r = 0; r < 2; ++r) {
        if (left.mode >> r & 1) block.vector[r] = left.vector[r];
      }
      if (left.mode == 0 && random() % 4) std::copy_n(left.dc, 3, block.dc);
    }
    return field;
  }

  TEST_CASE("gives what the specification's blocks, one by one, add up to") {
    const HeaderOptions options{.width = 330, .height = 22, .chroma = Chroma::k444};
    const Picture pictures[2] = {noisyPicture(options, 1), noisyPicture(options, 2)};
    Slot slots[2] = {{options, pictures[0]}, {options, pictures[1]}};
    for (Slot& slot : slots) upsampleAll(upsampleDsp(), kDepths, &slot.reference);
    uint32_t seed = 1;
    for (int precision = 0; precision <= 3; ++precision) {
      for (int preset = 1; preset <= 5; ++preset) {
        CAPTURE(precision);
        CAPTURE(preset);
        Case what;
        what.params = blockPreset(std::min(preset, 4));
        if (preset == 5) {  // the widest
          what.params.blockWidth = 64, what.params.separationX = 36;
          what.params.blockHeight = 4, what.params.separationY = 4;
        }
        what.params.precision = precision;
        what.field = alikeField(what.params, seed % 3 ? 30 : 2000, seed);
        ++seed;
        Compensation<uint8_t, int32_t> job;
        for (int r = 0; r < 2; ++r) job.reference[r] = slots[r].reference.view<uint8_t>(0);
        job.references = 2;
        const Grid expected = predict({&what.params,
                                       &what.field,
                                       {&pictures[0].plane[0], &pictures[1].plane[0]},
                                       0,
                                       0,
                                       0,
                                       330,
                                       22});
        CHECK(compensated(what, job, 330, 22, 2) == expected);
      }
    }
  }
}

TEST_SUITE("motion compensation of deep samples") {
  TEST_CASE("is that of the specification at 10, 12 and 16 bits") {
    for (const int bitDepth : {10, 12, 16}) {
      HeaderOptions options{.width = 50, .height = 38, .chroma = Chroma::k444};
      options.excursion = (1u << bitDepth) - 1;
      VideoFormat format;
      const Bytes header = sequenceHeader(options);
      REQUIRE(parseSequenceHeader(header.data(), header.size(), &format).ok());
      const FrameLayout layout = layoutOf(format);
      std::mt19937 random(static_cast<uint32_t>(bitDepth));
      Grid pictures[2] = {Grid(50, 38), Grid(50, 38)};
      std::vector<uint16_t> slots[2];
      ReferencePicture references[2];
      UpsampleDsp<uint16_t> upsampling;
      initUpsample(&upsampling, cpuFlags());
      for (int r = 0; r < 2; ++r) {
        slots[r].resize(layout.slotBytes / 2);
        for (int y = 0; y < 38; ++y) {
          for (int x = 0; x < 50; ++x) {
            const bool extreme = random() % 4 == 0;
            const uint32_t sample = extreme ? random() % 2 * options.excursion : random();
            pictures[r].at(x, y) = static_cast<int32_t>(sample & options.excursion);
            slots[r][static_cast<size_t>(y) * layout.plane[0].stride / 2 + static_cast<size_t>(x)] =
                static_cast<uint16_t>(pictures[r].at(x, y));
          }
        }
        references[r].base = reinterpret_cast<const uint8_t*>(slots[r].data());
        references[r].layout = layout;
        upsampleAll(upsampling, {bitDepth, bitDepth, bitDepth}, &references[r]);
      }
      RebuildDsp<uint16_t, int32_t> dsp;
      initRebuild(&dsp, cpuFlags());
      for (int precision = 0; precision <= 3; ++precision) {
        CAPTURE(bitDepth);
        CAPTURE(precision);
        PredictionParams params = blockPreset(1 + precision);
        params.precision = precision;
        if (precision == 1) params.weightPrecision = 3, params.weight[0] = 5;
        MotionField field = randomField(50, 38, params, 2, 60, static_cast<uint32_t>(bitDepth));
        for (MotionBlock& block : field.blocks) block.dc[0] *= 1 << (bitDepth - 8);
        field.dcPeak = INT32_MAX;
        std::vector<uint16_t> target(50 * 38);
        Compensation<uint16_t, int32_t> job;
        job.params = &params;
        job.field = &field;
        for (int r = 0; r < 2; ++r) job.reference[r] = references[r].view<uint16_t>(0);
        job.references = 2;
        job.bitDepth = bitDepth;
        job.target = target.data();
        job.targetStride = job.width = 50;
        job.height = 38;
        compensate<uint16_t, int32_t>(dsp, job, 0, field.blocksY, nullptr);
        const Grid expected =
            predict({&params, &field, {&pictures[0], &pictures[1]}, 0, 0, 0, 50, 38, bitDepth});
        CHECK(std::vector<int32_t>(target.begin(), target.end()) == expected.samples);
      }
    }
  }
}

TEST_SUITE("global motion") {
  // A picture of one global block after the other, by whole-pel vectors.
  Grid moved(const Picture& picture, const HeaderOptions& options, const GlobalMotion& motion) {
    Slot slot(options, picture);
    Case what{blockPreset(1), {}, nullptr};
    what.params.usesGlobal = true;
    what.params.global[0] = motion;
    what.field.configure(static_cast<int>(options.width), static_cast<int>(options.height),
                         what.params);
    for (MotionBlock& block : what.field.blocks) block.mode = 1, block.global = true;
    Compensation<uint8_t, int32_t> job;
    job.reference[0] = slot.reference.view<uint8_t>(0);
    job.references = 1;
    return compensated(what, job, static_cast<int>(options.width), static_cast<int>(options.height),
                       100);
  }

  TEST_CASE("every sample has a vector of its own") {
    const HeaderOptions options{.width = 24, .height = 20, .chroma = Chroma::k444};
    const Picture picture = noisyPicture(options, 8);
    const Grid& from = picture.plane[0];
    const auto at = [&](int x, int y) {
      return from.at(std::clamp(x, 0, from.width - 1), std::clamp(y, 0, from.height - 1));
    };
    GlobalMotion pan;
    pan.pan[0] = 3, pan.pan[1] = -2;
    pan.matrix[0][0] = pan.matrix[1][1] = 0;
    GlobalMotion zoom;  // by a half, turned a little, and in perspective
    zoom.matrixExponent = 3;
    zoom.matrix[0][0] = 4, zoom.matrix[0][1] = -1, zoom.matrix[1][0] = 1, zoom.matrix[1][1] = 4;
    zoom.pan[0] = -5, zoom.pan[1] = 1;
    zoom.perspectiveExponent = 6;
    zoom.perspective[0] = 1, zoom.perspective[1] = -2;
    const Grid panned = moved(picture, options, pan), zoomed = moved(picture, options, zoom);
    for (int y = 0; y < 20; ++y) {
      for (int x = 0; x < 24; ++x) {
        CHECK(panned.at(x, y) == at(x + 3, y - 2));
        const int scale = 64 - (x - 2 * y);
        const int dx = scale * (4 * x - y - 5 * 8) >> 9, dy = scale * (x + 4 * y + 8) >> 9;
        CHECK(zoomed.at(x, y) == at(x + dx, y + dy));
      }
    }
  }

  TEST_CASE("parameters of any size lead no further than the picture's edge") {
    const HeaderOptions options{.width = 24, .height = 20, .chroma = Chroma::k444};
    GlobalMotion wild;
    wild.pan[0] = INT32_MAX, wild.pan[1] = INT32_MIN;
    wild.matrix[0][0] = INT32_MIN, wild.matrix[1][1] = INT32_MAX;
    wild.perspective[0] = INT32_MAX;
    CHECK_NOTHROW(moved(noisyPicture(options, 8), options, wild));
  }
}

TEST_SUITE("half-pel planes") {
  TEST_CASE("are those of the specification, for the narrowest pictures too") {
    for (const auto& [width, height] : {std::pair{1u, 1u}, {2u, 9u}, {7u, 3u}, {40u, 130u}}) {
      CAPTURE(width);
      CAPTURE(height);
      const HeaderOptions options{.width = width, .height = height, .chroma = Chroma::k444};
      const Picture picture = noisyPicture(options, 5);
      Slot slot(options, picture);
      upsampleAll(upsampleDsp(), kDepths, &slot.reference);
      for (int c = 0; c < 3; ++c) {
        const Grid expected = halfPel(picture.plane[c]);
        const HalfPelPlanes<uint8_t> planes = slot.reference.view<uint8_t>(c);
        int wrong = 0;
        for (int y = 0; y < expected.height; ++y) {
          for (int x = 0; x < expected.width; ++x) {
            const uint8_t* plane = planes.plane[y % 2 * 2 + x % 2];
            wrong += plane[y / 2 * planes.stride + x / 2] != expected.at(x, y);
          }
        }
        CHECK(wrong == 0);
      }
    }
  }

  TEST_CASE("a step between two flat halves, by hand") {
    const HeaderOptions options{.width = 8, .height = 1, .chroma = Chroma::k444};
    Picture picture = flatPicture(options, 0);
    for (int x = 4; x < 8; ++x) picture.plane[0].at(x, 0) = 200;
    Slot slot(options, picture);
    upsampleAll(upsampleDsp(), kDepths, &slot.reference);
    const uint8_t* half = slot.reference.half[0][0].data();
    // Sums of the taps on the high side: -1, 2, -5, 16, 37, 30, 33, 32 parts of 32.
    CHECK(Bytes(half, half + 7) == Bytes{0, 13, 0, 100, 231, 188, 206});
  }
}

// A dsp of each instruction set that this machine has, the scalar one first.
template <typename Dsp, typename Init>
std::vector<Dsp> bySet(Init&& init) {
  std::vector<Dsp> all;
  for (const uint32_t flags :
       {uint32_t{kCpuScalar}, uint32_t{kCpuSse41}, uint32_t{kCpuAvx2}, uint32_t{kCpuNeon}}) {
    if (flags != kCpuScalar && (cpuFlags() & flags) == 0) continue;
    all.emplace_back();
    init(&all.back(), flags);
  }
  return all;
}

TEST_SUITE("instruction sets") {
  TEST_CASE(
      "add and blend blocks as the scalar code does, and touch nothing before or far behind") {
    using Dsp = RebuildDsp<uint8_t, int16_t>;
    const auto sets = bySet<Dsp>([](Dsp* dsp, uint32_t flags) { initRebuild(dsp, flags); });
    std::mt19937 random(1);
    Bytes samples(2 * kMaxRun * 5 + kBlockSlack);
    for (uint8_t& sample : samples) sample = static_cast<uint8_t>(random() % 3 ? random() : 255);
    for (int width = 1; width <= kMaxRun; ++width) {
      CAPTURE(width);
      uint8_t weightX[kMaxRun + kBlockSlack] = {}, weightY[3] = {8, 1, 5};
      for (int i = 0; i < width; ++i) weightX[i] = static_cast<uint8_t>(1 + random() % 8);
      const ptrdiff_t stride = 2 * kMaxRun;
      const BlockView<uint8_t> from[4] = {{samples.data() + 1, stride},
                                          {samples.data() + 2, stride},
                                          {samples.data() + stride, stride},
                                          {samples.data() + stride + 3, stride}};
      std::vector<std::vector<int16_t>> sums;
      std::vector<Bytes> blended;
      for (const Dsp& dsp : sets) {
        std::vector<int16_t> sum(static_cast<size_t>(3 * stride + 2 * kBlockSlack), 77);
        const BlockTarget<int16_t> target{
            sum.data() + kBlockSlack, stride, weightX, weightY, width, 3};
        dsp.shortBlocks.addFlat(target, 428);
        dsp.shortBlocks.addFlat(target, -172);
        dsp.shortBlocks.addSingle(target, from[0]);
        dsp.shortBlocks.addAverage(target, from[1], from[2]);
        sums.push_back(sum);
        for (const int scale : {2, 4}) {
          for (int r = 1; r < scale * scale; ++r) {
            Bytes out(kMaxRun * 3 + kBlockSlack);
            dsp.blend(from, width, 3, r % scale, r / scale, scale, out.data());
            // What lies behind a row's width is nobody's.
            Bytes rows;
            for (int j = 0; j < 3; ++j) {
              rows.insert(rows.end(), out.begin() + j * kMaxRun, out.begin() + j * kMaxRun + width);
            }
            blended.push_back(rows);
          }
        }
      }
      const size_t each = blended.size() / sets.size();
      for (size_t k = 1; k < sets.size(); ++k) {
        CHECK((sets[k].blend != sets[0].blend));
        CHECK(sums[k] == sums[0]);
        for (size_t i = 0; i < each; ++i) CHECK(blended[k * each + i] == blended[i]);
      }
    }
  }

  TEST_CASE("rebuild rows as the scalar code does, extremes included") {
    using Dsp = RebuildDsp<uint8_t, int16_t>;
    using Deep = RebuildDsp<uint16_t, int32_t>;
    const auto sets = bySet<Dsp>([](Dsp* dsp, uint32_t flags) { initRebuild(dsp, flags); });
    const auto deep = bySet<Deep>([](Deep* dsp, uint32_t flags) { initRebuild(dsp, flags); });
    std::mt19937 random(2);
    for (int width = 1; width <= 100; ++width) {
      CAPTURE(width);
      const auto size = static_cast<size_t>(width);
      std::vector<int16_t> sums(size), residual(size);
      std::vector<int32_t> wideSums(size), wideResidual(size);
      for (size_t i = 0; i < size; ++i) {
        sums[i] = static_cast<int16_t>(random() % 40000 - 12000);
        residual[i] = static_cast<int16_t>(random() % 4 ? random() % 600 - 300 : random());
        wideSums[i] = static_cast<int32_t>(random() % 5000000) - 200000;
        wideResidual[i] = static_cast<int32_t>(random() % 4 ? random() % 90000 - 45000 : random());
      }
      const auto rows = [&](const Dsp& dsp) {
        Bytes out(4 * size + 4, 0xEE);
        dsp.shortRows.predicted(sums.data(), width, 255, out.data());
        dsp.shortRows.sum(sums.data(), residual.data(), width, 255, out.data() + size);
        dsp.rows.sum(wideSums.data(), residual.data(), width, 255, out.data() + 2 * size);
        dsp.intraRow(residual.data(), width, 255, out.data() + 3 * size);
        return out;
      };
      const auto deepRows = [&](const Deep& dsp) {
        std::vector<uint16_t> out(3 * size + 4, 0xEEEE);
        dsp.rows.predicted(wideSums.data(), width, 1023, out.data());
        dsp.rows.sum(wideSums.data(), wideResidual.data(), width, 65535, out.data() + size);
        dsp.intraRow(wideResidual.data(), width, 4095, out.data() + 2 * size);
        return out;
      };
      for (size_t k = 1; k < sets.size(); ++k) {
        CHECK((sets[k].intraRow != sets[0].intraRow));
        CHECK(rows(sets[k]) == rows(sets[0]));
        CHECK(deepRows(deep[k]) == deepRows(deep[0]));
      }
    }
  }

  TEST_CASE("make half-pel samples as the scalar code does") {
    using Dsp = UpsampleDsp<uint8_t>;
    const auto sets = bySet<Dsp>([](Dsp* dsp, uint32_t flags) { initUpsample(dsp, flags); });
    std::mt19937 random(3);
    for (int width = 1; width <= 90; ++width) {
      CAPTURE(width);
      constexpr int kHeight = 7;
      Bytes plane(static_cast<size_t>(width * kHeight));
      for (uint8_t& sample : plane) {
        sample = static_cast<uint8_t>(random() % 2 ? random() : random() % 2 * 255);
      }
      const auto made = [&](const Dsp& dsp) {
        Bytes out(static_cast<size_t>(2 * width * kHeight + 4), 0xEE);
        for (int y = 0; y < kHeight; ++y) {
          uint8_t* row = out.data() + 2 * y * width;
          dsp.horizontal(plane.data() + y * width, width, 255, row);
          dsp.vertical(plane.data(), width, width, kHeight, y, 255, row + width);
        }
        return out;
      };
      for (size_t k = 1; k < sets.size(); ++k) {
        CHECK((sets[k].vertical != sets[0].vertical));
        CHECK(made(sets[k]) == made(sets[0]));
      }
    }
  }
}

TEST_SUITE("intra storage") {
  TEST_CASE("samples are moved to mid-grey, clipped, and the padding is cut off") {
    Grid residual(3, 2);
    residual.samples = {-129, -128, 9999, 0, 127, 9999};
    GridRows rows(residual);
    Bytes target(8, 0xEE);
    Compensation<uint8_t, int32_t> job;
    job.target = target.data();
    job.targetStride = 4;
    job.width = 2;
    job.height = 2;
    storeIntra(rebuildDsp(), job, 0, 2, &rows);
    CHECK(target == Bytes{0, 0, 0xEE, 0xEE, 128, 255, 0xEE, 0xEE});
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
