//! Pictures made from noise at every scale, as photographs have structure at every scale: octaves
//! of smooth noise whose strength falls with their size, colour coarser than brightness, and a grain
//! of single pixels, as sensors add it. The grain decides how far a PNG compresses.
//!
//! A picture is made row by row: a whole one would take more memory than the file that it becomes.

use rand_core::RngCore;
use rand_pcg::Pcg64Mcg;

/// The largest structure, in pixels; each octave halves it.
const COARSEST: u32 = 128;

/// The finest structure of brightness and of colour, in pixels.
const FINEST: u32 = 2;
const FINEST_COLOUR: u32 = 16;

/// Strength of an octave, as a share of the one twice its size.
const DECAY: f32 = 0.8;

/// Grain is uniform within this many steps of brightness either way.
const GRAIN: u32 = 1;

/// An RGB picture, from its first row to its last.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    random: Pcg64Mcg,
    light: Plane,
    warm: Plane,
    cool: Plane,
    rgb: Vec<u8>,
}

impl Picture {
    /// The picture of a seed.
    pub(crate) fn new(seed: u128, width: u32, height: u32) -> Self {
        let mut random = Pcg64Mcg::new(seed);
        let mut plane = |strength, finest| Plane::new(&mut random, width, strength, finest);
        let light = plane(50.0, FINEST);
        let warm = plane(24.0, FINEST_COLOUR);
        let cool = plane(24.0, FINEST_COLOUR);
        let rgb = Vec::with_capacity(width as usize * 3);
        Self { width, height, random, light, warm, cool, rgb }
    }

    /// The next row: red, green, blue.
    pub(crate) fn row(&mut self) -> &[u8] {
        let Self { random, light, warm, cool, rgb, .. } = self;
        for plane in [&mut *light, &mut *warm, &mut *cool] {
            plane.next(random);
        }
        rgb.clear();
        for ((light, warm), cool) in light.row.iter().zip(&warm.row).zip(&cool.row) {
            let grain = (random.next_u32() % (2 * GRAIN + 1)) as f32 - GRAIN as f32;
            let light = 128.0 + light + grain;
            for value in [light + warm, light - 0.5 * (warm + cool), light + cool] {
                rgb.push(value.clamp(0.0, 255.0) as u8);
            }
        }
        rgb
    }
}

/// Noise around 0, row by row: octaves from the coarsest to the finest, each weaker than the one
/// twice its size.
#[derive(Debug)]
struct Plane {
    octaves: Vec<Octave>,
    row: Vec<f32>,
}

impl Plane {
    fn new(random: &mut Pcg64Mcg, width: u32, strength: f32, finest: u32) -> Self {
        let mut octaves = Vec::new();
        let (mut cell, mut strength) = (COARSEST, strength);
        while cell >= finest {
            octaves.push(Octave::new(random, width, cell, strength));
            cell /= 2;
            strength *= DECAY;
        }
        Self { octaves, row: vec![0.0; width as usize] }
    }

    fn next(&mut self, random: &mut Pcg64Mcg) {
        self.row.fill(0.0);
        for octave in &mut self.octaves {
            octave.add(random, &mut self.row);
        }
    }
}

/// Random values on a lattice of `cell` pixels, with straight lines between them.
#[derive(Debug)]
struct Octave {
    cell: u32,
    strength: f32,
    /// Rows of the lattice above and below the row that comes next.
    above: Vec<f32>,
    below: Vec<f32>,
    /// How far that row is below the upper one.
    down: u32,
}

impl Octave {
    fn new(random: &mut Pcg64Mcg, width: u32, cell: u32, strength: f32) -> Self {
        let columns = width.div_ceil(cell) as usize + 1;
        let mut octave =
            Self { cell, strength, above: vec![0.0; columns], below: vec![0.0; columns], down: 0 };
        octave.draw(random);
        std::mem::swap(&mut octave.above, &mut octave.below);
        octave.draw(random);
        octave
    }

    fn draw(&mut self, random: &mut Pcg64Mcg) {
        for value in &mut self.below {
            *value = (random.next_u32() as f32 / u32::MAX as f32 - 0.5) * 2.0 * self.strength;
        }
    }

    fn add(&mut self, random: &mut Pcg64Mcg, row: &mut [f32]) {
        if self.down == self.cell {
            self.down = 0;
            std::mem::swap(&mut self.above, &mut self.below);
            self.draw(random);
        }
        let down = self.down as f32 / self.cell as f32;
        let at =
            |column: usize| self.above[column] + (self.below[column] - self.above[column]) * down;
        let step = 1.0 / self.cell as f32;
        for (column, pixels) in row.chunks_mut(self.cell as usize).enumerate() {
            let (left, slope) = (at(column), (at(column + 1) - at(column)) * step);
            for (x, pixel) in pixels.iter_mut().enumerate() {
                *pixel += left + slope * x as f32;
            }
        }
        self.down += 1;
    }
}
