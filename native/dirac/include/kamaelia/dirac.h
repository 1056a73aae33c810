/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Dirac and VC-2 decoder for programs in C, and in whatever can call C.
 *
 * Bytes go in by kamaelia_dirac_push(), cut anywhere; frames come out of kamaelia_dirac_next(), in
 * presentation order:
 *
 *   kamaelia_dirac_decoder *decoder;
 *   const kamaelia_dirac_frame *frame;
 *   kamaelia_dirac_result result;
 *   if (kamaelia_dirac_open(NULL, &decoder, NULL) != KAMAELIA_DIRAC_OK) return 1;
 *   while ((result = kamaelia_dirac_next(decoder, &frame)) > KAMAELIA_DIRAC_END) {
 *     if (result == KAMAELIA_DIRAC_FRAME) {
 *       ... frame->planes ...
 *       kamaelia_dirac_release(&frame);
 *     } else if (result == KAMAELIA_DIRAC_NEED_INPUT) {
 *       ... kamaelia_dirac_push(), or kamaelia_dirac_finish() ...
 *     }
 *   }
 *   kamaelia_dirac_close(&decoder);
 *
 * examples/c/decode_to_y4m.c is a whole program.
 *
 * Memory. What the library hands out is the library's: a frame, with all that it points to, is
 * valid and does not change from kamaelia_dirac_next() to kamaelia_dirac_release(), even if its
 * decoder is closed before. Pushed bytes are copied. Functions that close or release take a pointer
 * to the caller's pointer and set that to NULL, so that using it once more is an error and no
 * crash; copies of the pointer are the caller's to forget.
 *
 * Threads. A decoder is used by one thread at a time; different decoders have nothing to do with
 * each other. kamaelia_dirac_release() may be called by any thread, beside all other calls. Nothing
 * is called back. The library keeps no state of its own beside a pool of threads that lives while a
 * decoder with `threads` above 1 is open.
 *
 * Errors. Every function that can fail returns a kamaelia_dirac_result, negative for an error;
 * kamaelia_dirac_get_error() has the sentence. NULL, where it is not allowed, is
 * KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT. Damaged input is no error: frames that could be made are
 * marked KAMAELIA_DIRAC_DAMAGED, others are counted. The library prints nothing and ends no
 * process.
 *
 * Versions. KAMAELIA_DIRAC_ABI_VERSION changes, and the shared library's name with it, when
 * programs have to be compiled again. Until then structures may grow at their ends: each begins
 * with `struct_size`, by which either side knows what the other has.
 *
 * Clauses are those of the Dirac specification 2.2.3; VC-2 (SMPTE ST 2042-1) has the same in its
 * clause 11.
 */
#ifndef KAMAELIA_DIRAC_H
#define KAMAELIA_DIRAC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KAMAELIA_DIRAC_ABI_VERSION 1

#if defined(__GNUC__)
#define KAMAELIA_DIRAC_API __attribute__((visibility("default")))
#else
#define KAMAELIA_DIRAC_API
#endif

typedef int32_t kamaelia_dirac_result;

enum {
  KAMAELIA_DIRAC_OK = 0,
  /* Of kamaelia_dirac_next(), in this order: */
  KAMAELIA_DIRAC_END = 1,          /* all input was decoded and handed out */
  KAMAELIA_DIRAC_FRAME = 2,        /* a frame */
  KAMAELIA_DIRAC_NEED_INPUT = 3,   /* push more, or finish */
  KAMAELIA_DIRAC_NEED_RELEASE = 4, /* max_held_frames are held: release one */

  KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT = -1,       /* the call was wrong, and changed nothing */
  KAMAELIA_DIRAC_ERROR_NO_SEQUENCE_HEADER = -2, /* none in the input, or in its first MiB */
  KAMAELIA_DIRAC_ERROR_UNSUPPORTED = -3,        /* valid, but nothing this library decodes */
  KAMAELIA_DIRAC_ERROR_LIMIT = -4,              /* over the limit of the option that is named */
  KAMAELIA_DIRAC_ERROR_OUT_OF_MEMORY = -5       /* no memory, or no thread */
};

/* Opaque: one stream's decoder. */
typedef struct kamaelia_dirac_decoder kamaelia_dirac_decoder;

/* How codeblocks with quantisers of their own are read in bands of a single codeblock (13.4). */
enum {
  KAMAELIA_DIRAC_DIALECT_DETECT = 0,   /* by which of both a sequence's first such picture fits */
  KAMAELIA_DIRAC_DIALECT_STANDARD = 1, /* with one, as the specification has it */
  KAMAELIA_DIRAC_DIALECT_LEGACY = 2    /* without: dirac-research, and schroedinger up to 1.0.7 */
};

/* What becomes of a picture of which a reference is missing, as after a reset or a gap. */
enum {
  KAMAELIA_DIRAC_MISSING_SKIP = 0,      /* it is left out, and counted in skipped_pictures */
  KAMAELIA_DIRAC_MISSING_SUBSTITUTE = 1 /* the nearest reference, or mid-grey, stands in; damaged */
};

/* Filled by kamaelia_dirac_options_init(); what is changed afterwards is the caller's wish. */
typedef struct kamaelia_dirac_options {
  size_t struct_size; /* bytes of this structure, as the caller was compiled */
  /* Threads that decode, the caller's among them: 1 to 64, or 0 for one a core, which is the
   * default. The frames are the same whatever the number. */
  uint32_t threads;
  /* Frames that the caller may hold at once, 1 to 256; 4 by default. */
  uint32_t max_held_frames;
  /* Largest width x height accepted, in luma samples: 1 to 2^28; 8192 x 4320 by default. A side
   * under 64 counts as 64 in pictures of more than 64 x 64. Picture memory grows on demand up to
   * max_held_frames + 11 frames (19 with field coding), 64 bytes and what rounds rows up to 64
   * bytes more than their samples each. */
  uint64_t max_pixels;
  /* Largest data unit with its parse info (9), in bytes: 13 to 2^31; 64 MiB by default. A longer
   * one counts as lost synchronisation. Twice as much bounds what waits as input. */
  uint64_t max_unit_bytes;
  uint32_t quantiser_dialect;  /* KAMAELIA_DIRAC_DIALECT_..., DETECT by default */
  uint32_t missing_references; /* KAMAELIA_DIRAC_MISSING_..., SKIP by default */
  /* Whether frames of intra pictures have a low_band: 0, the default, or 1. */
  uint32_t low_band;
  /* Whether frames of intra pictures come as soon as the last byte of their data unit was pushed:
   * 0, the default, or 1. Units that say how long they are (9.6) are not held until the next one is
   * seen, slices are decoded as they come, kamaelia_dirac_next() says NEED_INPUT only when nothing
   * is at work, and while a sequence has no reference picture none waits for one of a lower number.
   * Frames are the same; but one whose unit lost bytes may not be marked where only what follows
   * would tell. */
  uint32_t low_delay;
} kamaelia_dirac_options;

typedef struct kamaelia_dirac_error {
  size_t struct_size; /* set by the caller before the call */
  kamaelia_dirac_result code;
  uint64_t position; /* byte of the input at which the fault was seen, where it has to do with it */
  char message[232]; /* a sentence in English that ends with 0; empty where there was no error */
} kamaelia_dirac_error;

typedef struct kamaelia_dirac_rational {
  uint32_t num; /* above 0, as is the other */
  uint32_t den;
} kamaelia_dirac_rational;

/* All parameters of a sequence header (10), presets resolved. */
typedef struct kamaelia_dirac_format {
  size_t
      struct_size; /* of the library in frames; set by the caller for kamaelia_dirac_get_format() */
  /* Parse parameters (10.1). */
  uint32_t major_version; /* 1 and 2: Dirac and VC-2, 3: VC-2 with fragments */
  uint32_t minor_version;
  uint32_t profile; /* 0 low delay, 1 simple, 2 main intra, 3 high quality, 8 main (long GOP) */
  uint32_t level;
  uint32_t base_video_format; /* index of the presets that all else starts from (10.2) */
  /* Picture size of a frame in luma samples (10.3.2); width x height is at most max_pixels. */
  uint32_t width;
  uint32_t height;
  uint32_t chroma_width; /* odd sizes round up */
  uint32_t chroma_height;
  uint32_t chroma_format;   /* 0 4:4:4, 1 4:2:2, 2 4:2:0 (10.3.3) */
  uint32_t interlaced;      /* 0 progressive, 1 interlaced (10.3.4) */
  uint32_t top_field_first; /* 0 or 1 */
  uint32_t fields_coded; /* 0 pictures are frames, 1 fields (10.4); frames come out in any case */
  kamaelia_dirac_rational frame_rate;   /* frames a second (10.3.5) */
  kamaelia_dirac_rational pixel_aspect; /* width to height of a sample (10.3.6) */
  /* Clean area in luma samples (10.3.7), as the stream has it: nothing is cut off. */
  uint32_t clean_width;
  uint32_t clean_height;
  uint32_t clean_left;
  uint32_t clean_top;
  /* Signal range (10.3.8): the sample of black or of no colour, and the span up to the peak. */
  uint32_t luma_offset;
  uint32_t luma_excursion;
  uint32_t chroma_offset;
  uint32_t chroma_excursion;
  uint32_t luma_depth; /* bits a sample, 8 to 16, from the excursion */
  uint32_t chroma_depth;
  uint32_t bytes_per_sample; /* 1 where both depths are 8, else 2: native byte order, low-aligned */
  /* Colour specification (10.3.9). */
  uint32_t colour_primaries;  /* 0 BT.709, 1 BT.601 525, 2 BT.601 625, 3 D-cinema, 4 BT.2020 */
  uint32_t colour_matrix;     /* 0 BT.709, 1 BT.601, 2 reversible YCgCo, 3 RGB, 4 BT.2020 */
  uint32_t transfer_function; /* 0 TV, 1 extended gamut, 2 linear, 3 D-cinema, 4 PQ, 5 HLG */
} kamaelia_dirac_format;

/* Samples of one component; a row begins every `stride` bytes. `data` and `stride` are multiples of
 * 64, behind the last row lie at least 64 bytes that may be read. */
typedef struct kamaelia_dirac_plane {
  const void* data;
  size_t stride;
  uint32_t width; /* samples */
  uint32_t height;
} kamaelia_dirac_plane;

typedef struct kamaelia_dirac_bytes {
  const uint8_t* data;
  size_t size;
} kamaelia_dirac_bytes;

/* The low-low band of an intra picture's luma before the inverse transform (15), DC prediction
 * undone: a small picture, signed around mid-grey, up to a scale factor. Rows without gaps. */
typedef struct kamaelia_dirac_low_band {
  const int32_t* data;
  uint32_t width;
  uint32_t height;
  uint32_t level; /* transform levels above it, 0 to 8 */
} kamaelia_dirac_low_band;

/* Bits of kamaelia_dirac_frame.flags. */
enum {
  KAMAELIA_DIRAC_DAMAGED = 1, /* some of its data was missing or contradictory */
  KAMAELIA_DIRAC_DISCONTINUITY =
      2,                         /* first frame of a sequence after the first, or after a reset */
  KAMAELIA_DIRAC_INTRA = 4,      /* needs no other frame */
  KAMAELIA_DIRAC_REFERENCE = 8,  /* others need it */
  KAMAELIA_DIRAC_NEW_FORMAT = 16 /* first frame of a format, or of another one than before */
};

/* A decoded frame. Made by the library, which knows its size: what lies past `struct_size` is not
 * there. */
typedef struct kamaelia_dirac_frame {
  size_t struct_size;
  const kamaelia_dirac_format* format;
  kamaelia_dirac_plane planes[3]; /* Y, C1, C2; fields in alternate rows */
  int64_t pts;             /* from 0, 1 more with each frame; a reset leaves out what it forgot */
  uint32_t picture_number; /* of the stream (11); of a frame's first field if fields are coded */
  uint32_t flags;
  const kamaelia_dirac_low_band* low_band; /* or NULL */
  /* Auxiliary data units (9) in front of the picture, at most 16 of each field: their payloads, the
   * kind of each in its first byte. */
  const kamaelia_dirac_bytes* side_data;
  size_t side_data_count;
} kamaelia_dirac_frame;

/* Counts since the decoder was opened. */
typedef struct kamaelia_dirac_stats {
  size_t struct_size;        /* set by the caller before the call */
  uint64_t bytes;            /* taken by kamaelia_dirac_push() */
  uint64_t bytes_skipped;    /* outside data units, while synchronisation was lost */
  uint64_t units;            /* data units (9) */
  uint64_t sequences;        /* sequence headers that began one */
  uint64_t pictures;         /* decoded; fields count one by one */
  uint64_t delivered;        /* frames handed out, or about to be */
  uint64_t damaged;          /* of the decoded pictures */
  uint64_t skipped_pictures; /* undecodable: a reference is missing, or the header is damaged */
  uint64_t lost_sync;        /* times that the next data unit was not where it should have been */
  uint64_t checksums_right;  /* pictures that are what the checksum in front of them says */
  uint64_t checksums_wrong;
  uint64_t auxiliary; /* auxiliary data units */
  uint64_t padding;   /* padding data units */
} kamaelia_dirac_stats;

/* KAMAELIA_DIRAC_ABI_VERSION of the library that is there at run time. */
KAMAELIA_DIRAC_API uint32_t kamaelia_dirac_abi_version(void);

/* Version of the library, such as "1.2.3". Static. */
KAMAELIA_DIRAC_API const char* kamaelia_dirac_version(void);

/* What a result is called, such as "need input"; "unknown result" for any other number. Static. */
KAMAELIA_DIRAC_API const char* kamaelia_dirac_result_name(kamaelia_dirac_result result);

/* Sets all options to their defaults. struct_size: sizeof *options. */
KAMAELIA_DIRAC_API kamaelia_dirac_result
kamaelia_dirac_options_init(kamaelia_dirac_options* options, size_t struct_size);

/* Opens a decoder. options: NULL for the defaults; members that this library does not know have to
 * be 0. decoder: set to NULL where it fails. error: filled in any case, may be NULL. BAD_ARGUMENT:
 * an option is out of its range, the error names it. OUT_OF_MEMORY. */
KAMAELIA_DIRAC_API kamaelia_dirac_result kamaelia_dirac_open(const kamaelia_dirac_options* options,
                                                             kamaelia_dirac_decoder** decoder,
                                                             kamaelia_dirac_error* error);

/* Hands over bytes of an elementary stream, cut anywhere; they are copied. `taken` is how many:
 * fewer than `size`, down to 0, while decoded frames or a MiB of input wait; then call
 * kamaelia_dirac_next(). Once that has answered NEED_INPUT at least one is taken. data may be NULL
 * where size is 0. BAD_ARGUMENT: NULL, or a call after kamaelia_dirac_finish(); or the decoder's
 * error. */
KAMAELIA_DIRAC_API kamaelia_dirac_result kamaelia_dirac_push(kamaelia_dirac_decoder* decoder,
                                                             const void* data, size_t size,
                                                             size_t* taken);

/* No more input will come: what waits is decoded and handed out, then comes END. May be repeated.
 */
KAMAELIA_DIRAC_API kamaelia_dirac_result kamaelia_dirac_finish(kamaelia_dirac_decoder* decoder);

/* Decodes until there is a frame, which is then the caller's to release, or something else to say.
 * frame: set to NULL where the result is not FRAME.
 * NEED_INPUT: push some, or finish. With several threads, frames of what was pushed may still be at
 * work then; called again without a push between, it waits for them and hands them out, before it
 * says NEED_INPUT once more.
 * An error of the stream (NO_SEQUENCE_HEADER, UNSUPPORTED, LIMIT) comes behind the frames before it
 * and stays until a reset. OUT_OF_MEMORY stays for ever. */
KAMAELIA_DIRAC_API kamaelia_dirac_result kamaelia_dirac_next(kamaelia_dirac_decoder* decoder,
                                                             const kamaelia_dirac_frame** frame);

/* Gives a frame back and sets *frame to NULL. Nothing happens where either is NULL. */
KAMAELIA_DIRAC_API void kamaelia_dirac_release(const kamaelia_dirac_frame** frame);

/* Begins anew, as before a seek or after the end or an error of the stream: input, references and
 * frames that were not handed out are forgotten. The next input need not begin with a sequence
 * header if there was one. */
KAMAELIA_DIRAC_API kamaelia_dirac_result kamaelia_dirac_reset(kamaelia_dirac_decoder* decoder);

/* The format of the present sequence: known before its first frame is there. A `struct_size` above
 * the library's is set to that; members beyond are 0.
 * NEED_INPUT: no sequence header so far. */
KAMAELIA_DIRAC_API kamaelia_dirac_result
kamaelia_dirac_get_format(const kamaelia_dirac_decoder* decoder, kamaelia_dirac_format* format);

/* Counts so far; struct_size as above. */
KAMAELIA_DIRAC_API kamaelia_dirac_result
kamaelia_dirac_get_stats(const kamaelia_dirac_decoder* decoder, kamaelia_dirac_stats* stats);

/* The last error of this decoder; struct_size as above. */
KAMAELIA_DIRAC_API kamaelia_dirac_result
kamaelia_dirac_get_error(const kamaelia_dirac_decoder* decoder, kamaelia_dirac_error* error);

/* Frees the decoder and sets *decoder to NULL. Nothing happens where either is NULL. Frames that
 * are held stay valid, and their picture memory lives until the last of them is released. */
KAMAELIA_DIRAC_API void kamaelia_dirac_close(kamaelia_dirac_decoder** decoder);

#ifdef __cplusplus
}
#endif

#endif
