//! Images that our encoders made: `qemu-img check` must find nothing, `compare` no difference.

use formats::Codec;
use formats::codec::{Compressor, Decompressor};
use formats::qcow2::{Backing, Given, Header, HeaderFields, Layout, Tail, encode_header};
use sha2::{Digest, Sha256};

use crate::content::{mixed_disk, noise};
use crate::disk::{read_image, walk};
use crate::made_image::MadeImage;
use crate::workshop::Workshop;

const SOUND: &str = "No errors were found on the image.";

fn assert_qemu_accepts(shop: &Workshop, file: &[u8], disk: &[u8], case: &str) {
    shop.write("made.qcow2", file);
    shop.write("source.raw", disk);
    let check = shop.qemu_img("check -f qcow2 made.qcow2");
    assert!(check.starts_with(SOUND), "{case}: {check}");
    shop.qemu_img("compare -f raw -F qcow2 source.raw made.qcow2");
    assert!(read_image(file).expect(case) == disk, "{case}: read back by us");
}

/// Every cluster size, plain and with both codecs, a disk that ends inside a cluster.
#[test]
fn qemu_accepts_what_we_write_at_every_cluster_size() {
    let shop = Workshop::new("write");
    let disk = mixed_disk((3 << 20) + 1536);
    for bits in 9..=21 {
        for codec in [None, Some(Codec::Deflate), Some(Codec::Zstd)] {
            let case = format!("{} bytes, {codec:?}", 1 << bits);
            let layout = Layout::new(disk.len() as u64, bits, None, 1).expect("a layout");
            let compressor = codec.map(|codec| Compressor::new(codec).expect("memory"));
            let compression = codec.unwrap_or(Codec::Deflate);
            let image = MadeImage::of_disk(&disk, layout, compression, compressor);
            let (file, _) = image.finish(None);
            assert_qemu_accepts(&shop, &file, &disk, &case);
        }
    }
}

/// Disks without data, without bytes, and with one cluster at the very end.
#[test]
fn qemu_accepts_empty_and_nearly_empty_disks() {
    let shop = Workshop::new("write-empty");
    let mut last = vec![0; 9 << 20];
    last.extend([7; 512]);
    for disk in [Vec::new(), vec![0; 512], vec![0; 9 << 20], last] {
        for bits in [9, 16, 21] {
            let layout = Layout::new(disk.len() as u64, bits, None, 64 << 10).expect("a layout");
            let (file, _) = MadeImage::of_disk(&disk, layout, Codec::Deflate, None).finish(None);
            assert_qemu_accepts(&shop, &file, &disk, &format!("{} bytes, 1 << {bits}", disk.len()));
        }
    }
}

/// A sparse disk of 1 TiB, whose L1 table has empty and used entries, and enough data for more than
/// one refcount block.
#[test]
fn qemu_accepts_a_large_sparse_disk() {
    let shop = Workshop::new("write-sparse");
    for (bits, size) in [(9, 100u64 << 30), (12, 1 << 40), (16, 1 << 40)] {
        let layout = Layout::new(size, bits, None, 1).expect("a layout");
        let clusters = size / layout.cluster_bytes();
        let unit = noise(3, layout.cluster_bytes() as usize);
        let mut image = MadeImage::new(layout, Codec::Deflate);
        let places = (0..600).map(|nth| nth * (clusters / 601));
        for guest in places.chain([clusters - 1]) {
            image.put_data(guest, &unit);
        }
        let (file, _) = image.finish(None);
        shop.write("made.qcow2", &file);
        let check = shop.qemu_img("check -f qcow2 made.qcow2");
        assert!(check.starts_with(SOUND), "1 << {bits}: {check}");
        let walked = walk(&file, Given::default(), None).expect("our own image");
        let data = walked.extents.iter().filter(|e| matches!(e.mapping, formats::Mapping::Data(_)));
        assert_eq!(data.count(), 601, "1 << {bits}");
    }
}

/// The envelope lies where the encoder says, QEMU keeps it through a rewrite of the header, and one
/// that does not fit the first cluster is refused.
#[test]
fn the_envelope_survives_a_rewrite_by_qemu() {
    let shop = Workshop::new("write-envelope");
    let disk = mixed_disk(300 << 10);
    let envelope = noise(9, 3000);
    let layout = Layout::new(disk.len() as u64, 12, None, 1).expect("a layout");
    let image = MadeImage::of_disk(&disk, layout, Codec::Deflate, None);
    let (file, offset) = image.finish(Some(&envelope));
    let offset = offset.expect("it has an envelope") as usize;
    assert!(file[offset..].starts_with(&envelope));
    assert_qemu_accepts(&shop, &file, &disk, "with an envelope");
    shop.qemu_img("amend -o lazy_refcounts=on made.qcow2");
    let walked = walk(&shop.read("made.qcow2"), Given::default(), None).expect("QEMU's rewrite");
    assert_ne!(walked.header.compatible, 0, "the header was rewritten");
    assert_eq!(walked.header.envelope.map(|extension| extension.data), Some(envelope));
}

/// A name comes back as it was given, with envelope and LUKS pointer beside it; one that QEMU would not take is not written.
#[test]
fn the_name_of_a_backing_file_comes_back() {
    let layout = Layout::new(1 << 20, 16, Some(2_068_480), 1).expect("a layout");
    let tail = Tail::plan(&layout, layout.data_start, 0);
    let envelope = [b' '; 2048];
    let encode = |name: &[u8]| {
        let backing = Some(Backing { name, format: "luks" });
        encode_header(&layout, &tail, HeaderFields { compression: Codec::Deflate, envelope: Some(&envelope), backing })
    };
    for len in [1, 7, 8, 1023] {
        let name = "n".repeat(len);
        let (header, envelope_at) = encode(name.as_bytes()).expect("it fits");
        let decoded = Header::decode(&header, tail.file_len).expect("our own header");
        assert_eq!(decoded.backing_file, Some(name));
        assert_eq!(decoded.luks, layout.luks);
        assert_eq!(
            decoded.envelope.map(|found| (found.data, Some(found.offset))),
            Some((envelope.to_vec(), envelope_at))
        );
        assert!(header.windows(12).any(|bytes| bytes == b"\xe2\x79\x2a\xca\0\0\0\x04luks"), "the format is named");
    }
    assert!(encode(b"").is_none() && encode(&[b'n'; 1024]).is_none());
}

/// Header, tables and refcounts of the worked example (../shared/formats.md 1.10) byte for byte; the
/// hashes are of the file that the Python reference there makes. Its ciphertext is not made here.
#[test]
fn the_worked_example_is_reproduced_but_for_its_ciphertext() {
    const HEADER: &str = "718aa2f2e5aa27f36d141f645fd87e4243767a1283742f1d97a95713f9082ea3";
    const FROM_L2_ON: &str = "d0a3520bac1be4d0d9db27309a22d9169e1363215209f32ee0ef1630f940f9f6";
    let hash = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let layout = Layout::new(8 << 20, 16, Some(2_068_480), 64 << 10).expect("a layout");
    let mut image = MadeImage::new(layout, Codec::Deflate);
    image.put_data(0, &[0; 64 << 10]);
    image.put_data(16, &[0; 64 << 10]);
    let envelope = br#"{"v":1,"kms":"example","key_id":"k-1","wrapped":"QUJD"}"#;
    let (file, offset) = image.finish(Some(envelope));
    assert_eq!(file.len(), 2_555_904);
    assert_eq!(offset, Some(0x90));
    assert_eq!(hash(&file[..64 << 10]), HEADER);
    assert_eq!(hash(&file[0x23_0000..]), FROM_L2_ON);
}

/// However little room there is, a unit that does not fit is told so, never an error, a panic or a cut.
#[test]
fn a_unit_that_does_not_fit_its_room_is_told_so() {
    for unit in [mixed_disk(200_000), noise(5, 300_000)] {
        for codec in [Codec::Deflate, Codec::Zlib, Codec::Zstd] {
            let mut compressor = Compressor::new(codec).expect("memory");
            let mut room = vec![0; 310_000];
            let full = compressor.compress(&unit, &mut room).expect("memory").expect("it fits");
            // zstd writes blocks of 128 KiB: room that ends at a block's end is a case of its own.
            let lens = (0..60_000).step_by(997).chain(131_060..131_110).chain(full - 40..full + 2);
            for len in lens {
                let result = compressor.compress(&unit, &mut room[..len]).expect("no error");
                assert!(result.is_some() || len <= full, "{codec:?}: {full} bytes in {len}");
                if let Some(used) = result {
                    let mut back = vec![0; unit.len()];
                    let mut decompressor = Decompressor::new();
                    decompressor.decompress(codec, &room[..used], &mut back).expect("whole");
                    assert!(back == unit, "{codec:?} in {len}");
                }
            }
        }
    }
}

/// A decompressor that met damage is as good as new for the next unit.
#[test]
fn damage_in_one_unit_does_not_reach_the_next() {
    let text = mixed_disk(60_000);
    for codec in [Codec::Deflate, Codec::Zlib, Codec::Zstd] {
        let mut room = vec![0; 70_000];
        let mut compressor = Compressor::new(codec).expect("memory");
        let len = compressor.compress(&text, &mut room).expect("memory").expect("it fits");
        let sound = &room[..len];
        let mut decompressor = Decompressor::new();
        let mut back = vec![0; text.len()];
        for nth in 0..200 {
            let mut damaged = sound.to_vec();
            damaged[nth * 7] ^= 0x55;
            damaged.truncate(len - nth * 11 - 20);
            decompressor.decompress(codec, &damaged, &mut back).expect_err("it is cut off");
            decompressor.decompress(codec, sound, &mut back).expect("it is sound");
            assert!(back == text, "{codec:?} after damage {nth}");
        }
    }
}
