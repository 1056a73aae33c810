/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes a Dirac or VC-2 stream to YUV4MPEG2: decode_to_y4m < INPUT.drc | ffplay -
 *
 *   cc -o decode_to_y4m decode_to_y4m.c $(pkg-config --cflags --libs kamaelia-dirac) */
#include <kamaelia/dirac.h>
#include <stdio.h>

static void write_header(const kamaelia_dirac_format* format) {
  static const char* const sampling[] = {"444", "422", "420"};
  const char* fields = !format->interlaced ? "p" : format->top_field_first ? "t" : "b";
  uint32_t depth =
      format->luma_depth > format->chroma_depth ? format->luma_depth : format->chroma_depth;
  printf("YUV4MPEG2 W%u H%u F%u:%u I%s A%u:%u C%s", format->width, format->height,
         format->frame_rate.num, format->frame_rate.den, fields, format->pixel_aspect.num,
         format->pixel_aspect.den, sampling[format->chroma_format]);
  if (depth > 8) printf("p%u", depth <= 10 ? 10u : depth <= 12 ? 12u : 16u);
  if (depth <= 8 && format->chroma_format == 2) printf("mpeg2");
  printf(" XCOLORRANGE=%s\n", format->luma_offset == 0 ? "FULL" : "LIMITED");
}

static void write_frame(const kamaelia_dirac_frame* frame) {
  if (frame->pts == 0) write_header(frame->format);
  printf("FRAME\n");
  for (int c = 0; c < 3; ++c) {
    const kamaelia_dirac_plane* plane = &frame->planes[c];
    for (uint32_t y = 0; y < plane->height; ++y) {
      const char* row = (const char*)plane->data + y * plane->stride;
      fwrite(row, frame->format->bytes_per_sample, plane->width, stdout);
    }
  }
}

int main(void) {
  char buffer[65536];
  size_t filled = 0, at = 0, taken;
  const kamaelia_dirac_frame* frame;
  kamaelia_dirac_decoder* decoder;
  kamaelia_dirac_error error = {.struct_size = sizeof error};
  kamaelia_dirac_result result = kamaelia_dirac_open(NULL, &decoder, &error);
  while (result >= 0 && !ferror(stdout) &&
         (result = kamaelia_dirac_next(decoder, &frame)) > KAMAELIA_DIRAC_END) {
    if (result == KAMAELIA_DIRAC_FRAME) {
      write_frame(frame);
      kamaelia_dirac_release(&frame);
    } else if (at < filled) {
      result = kamaelia_dirac_push(decoder, buffer + at, filled - at, &taken);
      at += taken;
    } else if ((filled = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
      at = 0;
    } else {
      result = kamaelia_dirac_finish(decoder);
    }
  }
  if (result < 0 && decoder != NULL) kamaelia_dirac_get_error(decoder, &error);
  if (result < 0)
    fprintf(stderr, "%s (at byte %llu)\n", error.message, (unsigned long long)error.position);
  kamaelia_dirac_close(&decoder);
  return result < 0 || fflush(stdout) != 0 || ferror(stdin) || ferror(stdout);
}
