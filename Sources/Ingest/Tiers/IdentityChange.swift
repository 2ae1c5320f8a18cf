/// Something after which a look-up of an identity outside the open file may find another receipt.
///
/// Told by the writer; a submission that was looked up under an earlier generation is held against what came since (`TierBoundary.changes`).
enum IdentityChange: Sendable {
    /// That file takes no more rows: the open file's index no longer speaks for those that it has.
    case sealed(file: String)
    /// Receipts that hold their identities no more, or do so again.
    case holders(Set<ReceiptIdentity>)
    /// Rows of any identity.
    case any
}
