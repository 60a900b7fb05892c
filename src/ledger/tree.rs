//! The Merkle tree of RFC 6962 section 2.1: hashes, the frontier that appends, inclusion and
//! consistency proofs and their checks.

use sha2::{Digest, Sha256};

/// A SHA-256: of an entry with the byte 0 before it, or of two hashes with the byte 1 (RFC 6962).
pub type Hash = [u8; 32];

/// The hash of a leaf: domain byte 0.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of an inner node: domain byte 1.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The right edge of a tree: one hash of a perfect subtree per set bit of the size, largest
/// first. All that appending needs: at most 64 hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// From what [`Frontier::to_bytes`] gave; `None` if the two do not fit together.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && hashes.len() == size.count_ones() as usize;
        fits.then(|| Self { size, hashes: hashes.to_vec() })
    }
    /// The hashes one after the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.concat()
    }
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// Appends a leaf; `store(level, index, hash)` is called for each inner node that is now final
    /// (level 1 and up, one a leaf on average).
    pub fn push(&mut self, leaf: Hash, mut store: impl FnMut(u8, u64, &Hash)) {
        let (mut level, mut index, mut hash) = (0_u8, self.size, leaf);
        while index & 1 == 1 {
            let left = self.hashes.pop().expect("a hash per set bit of the size");
            hash = node_hash(&left, &hash);
            level += 1;
            index >>= 1;
            store(level, index, &hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }
    /// The root; of the empty tree the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.hashes.iter().rev();
        match from_the_right.next() {
            None => Sha256::digest([]).into(),
            Some(last) => from_the_right.fold(*last, |acc, left| node_hash(left, &acc)),
        }
    }
}

/// Stored nodes. Level 0 are the leaves.
pub trait Nodes {
    /// What reading may fail with.
    type Error;
    /// The node at (level, index).
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The largest power of two below `n` (n > 1).
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// The hash over leaves `from..to`.
pub fn range_hash<N: Nodes>(nodes: &mut N, from: u64, to: u64) -> Result<Hash, N::Error> {
    let width = to - from;
    if width.is_power_of_two() {
        let level = u8::try_from(width.trailing_zeros()).expect("at most 63");
        return nodes.node(level, from >> level);
    }
    let k = split(width);
    let left = range_hash(nodes, from, from + k)?;
    let right = range_hash(nodes, from + k, to)?;
    Ok(node_hash(&left, &right))
}

/// The root of the first `size` leaves.
pub fn root_at<N: Nodes>(nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 {
        return Ok(Sha256::digest([]).into());
    }
    range_hash(nodes, 0, size)
}

/// The audit path of leaf `index` in the tree of `size` leaves (`index < size`).
pub fn prove_inclusion<N: Nodes>(
    nodes: &mut N,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, N::Error> {
    let (mut from, mut to, mut path) = (0, size, vec![]);
    while to - from > 1 {
        let k = split(to - from);
        if index < from + k {
            path.push(range_hash(nodes, from + k, to)?);
            to = from + k;
        } else {
            path.push(range_hash(nodes, from, from + k)?);
            from += k;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` leaves begins with the tree of `old` (`0 < old <= new`).
pub fn prove_consistency<N: Nodes>(
    nodes: &mut N,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, N::Error> {
    fn sub<N: Nodes>(
        nodes: &mut N,
        m: u64,
        range: (u64, u64),
        whole: bool,
        out: &mut Vec<Hash>,
    ) -> Result<(), N::Error> {
        let (from, to) = range;
        if m == to - from {
            if !whole {
                out.push(range_hash(nodes, from, to)?);
            }
            return Ok(());
        }
        let k = split(to - from);
        if m <= k {
            sub(nodes, m, (from, from + k), whole, out)?;
            out.push(range_hash(nodes, from + k, to)?);
        } else {
            sub(nodes, m - k, (from + k, to), false, out)?;
            out.push(range_hash(nodes, from, from + k)?);
        }
        Ok(())
    }
    let mut out = vec![];
    sub(nodes, old, (0, new), true, &mut out)?;
    Ok(out)
}

/// Whether `proof` shows `leaf` at `index` of the tree with `root` (RFC 9162 section 2.1.3.2).
pub fn check_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut f, mut s, mut r) = (index, size - 1, *leaf);
    for p in proof {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            r = node_hash(p, &r);
            while f & 1 == 0 && f != 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            r = node_hash(&r, p);
        }
        f >>= 1;
        s >>= 1;
    }
    s == 0 && r == *root
}

/// Whether `proof` shows that the tree with `new_root` begins with the one with `old_root`
/// (RFC 9162 section 2.1.4.2).
pub fn check_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let mut path = proof.to_vec();
    if old.is_power_of_two() {
        path.insert(0, *old_root);
    }
    let Some((first, rest)) = path.split_first() else { return false };
    let (mut f, mut s) = (old - 1, new - 1);
    while f & 1 == 1 {
        f >>= 1;
        s >>= 1;
    }
    let (mut fr, mut sr) = (*first, *first);
    for c in rest {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            fr = node_hash(c, &fr);
            sr = node_hash(c, &sr);
            while f & 1 == 0 && f != 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            sr = node_hash(&sr, c);
        }
        f >>= 1;
        s >>= 1;
    }
    s == 0 && fr == *old_root && sr == *new_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 6962 section 2.1 word for word: the slow definition.
    fn mth(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => leaf_hash(one),
            many => {
                let (l, r) = many.split_at(split(many.len() as u64) as usize);
                node_hash(&mth(l), &mth(r))
            }
        }
    }

    struct Memory(Vec<Vec<u8>>);
    impl Nodes for Memory {
        type Error = ();
        fn node(&mut self, level: u8, index: u64) -> Result<Hash, ()> {
            let (from, to) = ((index << level) as usize, ((index + 1) << level) as usize);
            Ok(mth(self.0.get(from..to).ok_or(())?))
        }
    }

    fn leaves(n: u64) -> Vec<Vec<u8>> {
        (0..n).map(|i| format!("leaf {i}").into_bytes()).collect()
    }

    #[test]
    fn the_frontier_gives_the_roots_of_the_definition() {
        let mut frontier = Frontier::default();
        for n in 0..70_u64 {
            assert_eq!(frontier.root(), mth(&leaves(n)), "size {n}");
            let again = Frontier::from_bytes(n, &frontier.to_bytes()).unwrap();
            assert_eq!(again, frontier);
            frontier.push(leaf_hash(format!("leaf {n}").as_bytes()), |_, _, _| ());
        }
        assert!(Frontier::from_bytes(3, &[0; 32]).is_none());
        assert!(Frontier::from_bytes(1, &[0; 31]).is_none());
    }

    #[test]
    fn stored_nodes_are_those_of_the_definition() {
        let (mut frontier, mut memory, mut n) = (Frontier::default(), Memory(leaves(40)), 0);
        for i in 0..40_u64 {
            frontier.push(leaf_hash(format!("leaf {i}").as_bytes()), |level, index, hash| {
                assert_eq!(Ok(*hash), memory.node(level, index));
                n += 1;
            });
        }
        assert_eq!(n, 40 - 40_u32.count_ones());
    }

    proptest! {
        #[test]
        fn proofs_prove_and_forgeries_do_not(size in 1_u64..60, a in 0_u64..60, bit in 0_usize..256) {
            let mut nodes = Memory(leaves(size));
            let root = mth(&leaves(size));
            let index = a % size;
            let leaf = leaf_hash(format!("leaf {index}").as_bytes());
            let proof = prove_inclusion(&mut nodes, index, size).unwrap();
            prop_assert!(check_inclusion(&leaf, index, size, &proof, &root));
            let mut forged = leaf;
            forged[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!check_inclusion(&forged, index, size, &proof, &root));

            let old = index + 1;
            let old_root = mth(&leaves(old));
            let proof = prove_consistency(&mut nodes, old, size).unwrap();
            prop_assert!(check_consistency(old, size, &old_root, &root, &proof));
            let mut wrong = old_root;
            wrong[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!check_consistency(old, size, &wrong, &root, &proof));
        }
    }
}
