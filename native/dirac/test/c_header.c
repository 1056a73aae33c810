/* SPDX-License-Identifier: Apache-2.0 */
/* That the header is C99, and what C makes of its structures. */
#include "kamaelia/dirac.h"

const size_t kamaelia_dirac_test_sizes[] = {
    sizeof(kamaelia_dirac_options), sizeof(kamaelia_dirac_error), sizeof(kamaelia_dirac_format),
    sizeof(kamaelia_dirac_plane),   sizeof(kamaelia_dirac_bytes), sizeof(kamaelia_dirac_low_band),
    sizeof(kamaelia_dirac_frame),   sizeof(kamaelia_dirac_stats)};
