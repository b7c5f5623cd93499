// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* A picture is looked at in this many pixels, squared. */
const SAMPLE_SIZE = 32;
/* From here on ink is lost on white paper. */
const LIGHT_INK = 0.7;
/* What is as opaque as this, all over, brings its ground along. */
const OPAQUE = 0.98;

async function sample(svg) {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  const canvas = Object.assign(document.createElement('canvas'), { width: SAMPLE_SIZE, height: SAMPLE_SIZE });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const image = new Image();

  try {
    image.src = url;
    await image.decode();
    context.drawImage(image, 0, 0, SAMPLE_SIZE, SAMPLE_SIZE);
    return context.getImageData(0, 0, SAMPLE_SIZE, SAMPLE_SIZE).data;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function measureInk(pixels) {
  let cover = 0;
  let light = 0;

  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3] / 255;
    cover += alpha;
    light += alpha * (0.2126 * pixels[i] + 0.7152 * pixels[i + 1] + 0.0722 * pixels[i + 2]) / 255;
  }
  return { cover: cover / (SAMPLE_SIZE * SAMPLE_SIZE), light: cover > 0 ? light / cover : 0 };
}

/**
 * On which ground a picture is best seen: `dark` for what is drawn in light ink on nothing, else `light`, as paper is.
 *
 * @param {string|Blob} svg
 * @returns {Promise<'light'|'dark'>} never rejected
 */
export async function chooseGround(svg) {
  try {
    const { cover, light } = measureInk(await sample(svg));
    return cover < OPAQUE && light > LIGHT_INK ? 'dark' : 'light';
  } catch {
    return 'light';
  }
}
