/// Whose records a log has: the number that the store's catalog was given as it was made. All machines of a cluster keep one store, and its object names it.
package struct StoreIdentity: Hashable, Sendable {
    /// 32 hexadecimal digits.
    package let text: String
    static let byteCount = 32

    /// - Returns: nil for what is no store's number.
    package init?(_ text: String) {
        guard text.utf8.count == Self.byteCount, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
        self.text = text
    }
}
