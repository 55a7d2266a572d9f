//! What holds for all inputs: each operation is undone by its inverse, and only by it.

use crypto::digest::{LeafHasher, TreeBuilder, TreeKey, TreeKind, ZERO_LEAF};
use crypto::kdf::Hash;
use crypto::keyslot::{SlotCipher, af, lock, unlock};
use crypto::seal::Aead;
use crypto::sector::{Backend, CipherKind, SectorCipher};
use crypto::{Context, NotAuthentic, Secret, SeededRandom};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

fn kind_and_key_bytes() -> impl Strategy<Value = (CipherKind, usize)> {
    let xts = select(vec![CipherKind::AesXtsPlain64, CipherKind::AesXtsPlain]);
    let cbc = select(vec![CipherKind::AesCbcPlain64, CipherKind::AesCbcPlain, CipherKind::AesCbcEssivSha256]);
    prop_oneof![(xts, select(vec![32, 64])), (cbc, select(vec![16, 32]))]
}

fn hash() -> impl Strategy<Value = Hash> {
    select(vec![Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512])
}

fn secret(len: usize, seed: u64) -> Secret {
    Secret::random(len, &SeededRandom::new(&seed.to_be_bytes()))
}

proptest! {
    /// Decrypting what was encrypted gives it back, and sectors may be encrypted one by one or together.
    #[test]
    fn decrypt_undoes_encrypt(
        (kind, key_bytes) in kind_and_key_bytes(),
        sector_bytes in select(vec![512_usize, 1024, 2048, 4096]),
        units in 0_usize..6,
        first in 0..u64::MAX - 64,
        seed in any::<u64>(),
    ) {
        let mut cipher = SectorCipher::new(kind, &secret(key_bytes, seed)).expect("a fitting key");
        let plain = secret(units * sector_bytes, !seed).expose().to_vec();
        let mut together = plain.clone();
        cipher.encrypt(first, sector_bytes, &mut together).expect("whole sectors");
        let mut single = plain.clone();
        for (unit, n) in single.chunks_mut(sector_bytes).zip(0_u64..) {
            cipher.encrypt(first + n * (sector_bytes as u64 / 512), sector_bytes, unit).expect("one sector");
        }
        prop_assert_eq!(&together, &single);
        prop_assert!(units == 0 || together != plain);
        cipher.decrypt(first, sector_bytes, &mut together).expect("whole sectors");
        prop_assert_eq!(together, plain);
    }

    /// What this machine runs fastest and AWS-LC agree, both ways: sector sizes, batches that are not full,
    /// any place in memory, numbers about the limits of 32 and 64 bits. Bytes around the data stay.
    #[test]
    fn backends_agree(
        kind in select(vec![CipherKind::AesXtsPlain64, CipherKind::AesXtsPlain]),
        sector_bytes in select(vec![512_usize, 1024, 2048, 4096]),
        units in 0_usize..70,
        offset in 0_usize..64,
        first in prop_oneof![
            any::<u64>().prop_map(|n| n >> 1),
            (0_u64..1200).prop_map(|n| u64::from(u32::MAX) - n),
            (560_u64..1200).prop_map(|n| u64::MAX - n),
        ],
        seed in any::<u64>(),
    ) {
        let key = secret(64, seed);
        let mut fastest = SectorCipher::new(kind, &key).expect("a fitting key");
        let mut aws_lc = SectorCipher::with_backend(Backend::AwsLc, kind, &key).expect("a fitting key");
        prop_assert!(!aws_lc.is_vectorised());
        let place = offset..offset + units * sector_bytes;
        let original = secret(place.end + 64, !seed).expose().to_vec();
        let (mut found, mut expected) = (original.clone(), original.clone());
        fastest.encrypt(first, sector_bytes, &mut found[place.clone()]).expect("whole sectors");
        aws_lc.encrypt(first, sector_bytes, &mut expected[place.clone()]).expect("whole sectors");
        prop_assert!(found == expected, "encrypted differently");
        // The other way on the plaintext, so that decryption does not merely undo encryption.
        let (mut found, mut expected) = (original.clone(), original);
        fastest.decrypt(first, sector_bytes, &mut found[place.clone()]).expect("whole sectors");
        aws_lc.decrypt(first, sector_bytes, &mut expected[place]).expect("whole sectors");
        prop_assert!(found == expected, "decrypted differently");
    }

    /// Merging what was split gives the key back, for every hash and odd lengths.
    #[test]
    fn merge_undoes_split(hash in hash(), key_bytes in 1_usize..=256, stripes in 1_u32..20, seed in any::<u64>()) {
        let key = secret(key_bytes, seed);
        let mut split = vec![0; af::split_bytes(key_bytes, stripes).expect("within the limits")];
        af::split(hash, &key, &SeededRandom::new(b"stripes"), &mut split).expect("whole stripes");
        prop_assert!(af::merge(hash, &split, key_bytes).expect("whole stripes").equals(&key));
    }

    /// A key slot gives its master key back, also where stripes do not fill the last sector.
    #[test]
    fn unlock_undoes_lock(
        (kind, slot_key_bytes) in kind_and_key_bytes(),
        hash in hash(),
        stripes in 1_u32..50,
        key_bytes in select(vec![16_usize, 32, 64]),
        seed in any::<u64>(),
    ) {
        let slot = SlotCipher { kind, hash, stripes };
        let (slot_key, master_key) = (secret(slot_key_bytes, seed), secret(key_bytes, !seed));
        let mut material = lock(slot, &slot_key, &master_key, &SeededRandom::new(b"stripes")).expect("valid keys");
        material.extend([0xee; 100]);
        prop_assert!(unlock(slot, &slot_key, &material, key_bytes).expect("whole material").equals(&master_key));
    }

    /// A sealed value opens under its key and context, and under no changed bit of it.
    #[test]
    fn open_undoes_seal_and_nothing_else(
        plaintext in vec(any::<u8>(), 0..200),
        pairs in btree_map("[a-z]{0,8}", ".{0,20}", 0..5),
        seed in any::<u64>(),
        bit in any::<proptest::sample::Index>(),
        aead in select(Aead::ALL.to_vec()),
    ) {
        let key = secret(aead.key_bytes(), seed);
        let context = Context::from_pairs(pairs).expect("a few short pairs");
        let mut sealed = aead.seal(&key, &context, &plaintext, &SeededRandom::new(b"salt"));
        let opened = aead.open(&key, &context, &sealed).expect("same key");
        prop_assert_eq!(opened.expose(), &plaintext[..]);
        let bit = bit.index(sealed.len() * 8);
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(aead.open(&key, &context, &sealed).err(), Some(NotAuthentic));
    }

    /// Opening arbitrary bytes is an error, never a panic.
    #[test]
    fn arbitrary_bytes_are_not_authentic(bytes in vec(any::<u8>(), 0..300)) {
        for &aead in Aead::ALL {
            prop_assert_eq!(aead.open(&secret(32, 1), &Context::new(), &bytes).err(), Some(NotAuthentic));
        }
    }

    /// A change of any one leaf, or of the length, changes the root.
    #[test]
    fn any_changed_leaf_changes_the_root(
        runs in vec((0_u8..20, prop_oneof![0_u64..300, Just(40_000)]), 1..6),
        victim in any::<proptest::sample::Index>(),
    ) {
        let key = TreeKey::derive(&secret(32, 3), TreeKind::File, b"");
        let mut hasher = LeafHasher::new(&key);
        let mut leaves = Vec::new();
        for (data, zeros) in runs {
            leaves.extend((0..data).map(|byte| hasher.leaf(&[byte; 100])));
            leaves.extend(vec![ZERO_LEAF; zeros as usize]);
        }
        leaves.push(hasher.leaf(b"last"));
        let root = |leaves: &[_], total_len| {
            let mut builder = TreeBuilder::new(&key);
            leaves.iter().for_each(|leaf| builder.push(leaf));
            builder.finish(total_len)
        };
        let before = root(&leaves, 1);
        prop_assert!(root(&leaves, 2) != before);
        let victim = victim.index(leaves.len());
        leaves[victim] = hasher.leaf(b"something else");
        prop_assert!(root(&leaves, 1) != before);
    }
}
