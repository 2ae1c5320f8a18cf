/// Something after which a look-up of an identity outside the open file may find another receipt.
enum IdentityChange: Sendable {
    /// That file takes no more rows: the open file's index no longer speaks for those that it has.
    case sealed(file: String)
    /// Receipts that hold their identities no more, or do so again.
    case holders(Set<ReceiptIdentity>)
    /// Rows of any identity.
    case any
}
