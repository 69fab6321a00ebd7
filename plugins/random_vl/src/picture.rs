//! Pictures made from noise at every scale, as photographs have structure at every scale: octaves
//! of smooth noise whose strength falls with their size, colour coarser than brightness, and a grain
//! of single pixels, as sensors add it. The grain decides how far a PNG compresses.

use rand_core::RngCore;
use rand_pcg::Pcg64Mcg;

/// An RGB picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Red, green, blue; row by row.
    pub(crate) rgb: Vec<u8>,
}

/// The largest structure, in pixels; each octave halves it.
const COARSEST: u32 = 128;

/// The finest structure of brightness and of colour, in pixels.
const FINEST: u32 = 2;
const FINEST_COLOUR: u32 = 16;

/// Strength of an octave, as a share of the one twice its size.
const DECAY: f32 = 0.8;

/// Grain is uniform within this many steps of brightness either way.
const GRAIN: u32 = 1;

impl Picture {
    /// The picture of a seed.
    pub(crate) fn new(seed: u128, width: u32, height: u32) -> Self {
        let mut random = Pcg64Mcg::new(seed);
        let mut plane = |strength, finest| noise(&mut random, (width, height), strength, finest);
        let light = plane(50.0, FINEST);
        let warm = plane(24.0, FINEST_COLOUR);
        let cool = plane(24.0, FINEST_COLOUR);
        let mut rgb = Vec::with_capacity(light.len() * 3);
        for ((light, warm), cool) in light.into_iter().zip(warm).zip(cool) {
            let grain = (random.next_u32() % (2 * GRAIN + 1)) as f32 - GRAIN as f32;
            let light = 128.0 + light + grain;
            for value in [light + warm, light - 0.5 * (warm + cool), light + cool] {
                rgb.push(value.clamp(0.0, 255.0) as u8);
            }
        }
        Self { width, height, rgb }
    }

    /// Brightness, by the weights of ITU-R 601, as PIL's mode L has it.
    pub(crate) fn grey(&self) -> Vec<u8> {
        let pixels = self.rgb.chunks_exact(3);
        let grey = pixels.map(|pixel| {
            let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
            ((r * 299 + g * 587 + b * 114 + 500) / 1000) as u8
        });
        grey.collect()
    }
}

/// A plane of noise around 0: octaves from the coarsest to `finest`, each weaker than the one
/// twice its size.
fn noise(random: &mut Pcg64Mcg, size: (u32, u32), strength: f32, finest: u32) -> Vec<f32> {
    let mut plane = vec![0.0; size.0 as usize * size.1 as usize];
    let (mut cell, mut strength) = (COARSEST, strength);
    while cell >= finest {
        add_octave(random, &mut plane, size, (cell, strength));
        cell /= 2;
        strength *= DECAY;
    }
    plane
}

/// Adds random values on a lattice of `cell` pixels, with straight lines between them.
fn add_octave(
    random: &mut Pcg64Mcg,
    plane: &mut [f32],
    (width, height): (u32, u32),
    (cell, strength): (u32, f32),
) {
    let columns = (width.div_ceil(cell) + 1) as usize;
    let mut row = || {
        let value = |_| (random.next_u32() as f32 / u32::MAX as f32 - 0.5) * 2.0 * strength;
        (0..columns).map(value).collect::<Vec<f32>>()
    };
    let (mut above, mut below) = (row(), row());
    for y in 0..height {
        if y > 0 && y % cell == 0 {
            above = std::mem::replace(&mut below, row());
        }
        let down = (y % cell) as f32 / cell as f32;
        for x in 0..width {
            let (column, right) = ((x / cell) as usize, (x % cell) as f32 / cell as f32);
            let between = |line: &[f32]| line[column] + (line[column + 1] - line[column]) * right;
            let (top, bottom) = (between(&above), between(&below));
            plane[y as usize * width as usize + x as usize] += top + (bottom - top) * down;
        }
    }
}
