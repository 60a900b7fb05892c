//! A layout as PNG: one bit a dot, the resolution in `pHYs`, so that it prints at true size.

use super::raster;
use crate::labels::error::Cause;
use crate::labels::place::layout::Layout;

/// The label as a PNG of one bit a dot, with its resolution in it.
pub fn draw(layout: &Layout) -> Result<Vec<u8>, Cause> {
    let picture = raster::draw(layout);
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut out = vec![];
    let mut encoder = png::Encoder::new(&mut out, side(picture.width), side(picture.height));
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Balanced);
    // Dots a metre, rounded: 203 dpi is 7992.
    let per_metre = (layout.dpi.number() * 10_000 + 127) / 254;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    // In PNG a set bit is white.
    let bytes: Vec<u8> = picture.rows().flatten().map(|b| !b).collect();
    let failed = |e: png::EncodingError| Cause::Drawing(e.to_string());
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&bytes).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::dots::Dpi;
    use crate::labels::place::layout::{layout, tests};

    #[test]
    fn it_knows_its_resolution() {
        let made = layout(tests::template(), &tests::tube(), Dpi::D203).unwrap();
        let bytes = draw(&made).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let info = reader.info();
        assert_eq!((info.width, info.height), (400, 200));
        assert_eq!(info.pixel_dims.unwrap().xppu, 7992);
        assert_eq!(info.bit_depth, png::BitDepth::One);
    }
}
