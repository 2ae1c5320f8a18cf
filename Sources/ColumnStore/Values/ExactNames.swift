extension String {
    /// Whether both are the same bytes: names are, where equal characters may be other bytes. Most differ in their length, which is known.
    func hasBytes(of other: String) -> Bool { utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) }
}
