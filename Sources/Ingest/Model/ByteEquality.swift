extension String {
    /// Whether two texts are the same bytes. `==` takes canonically equivalent ones for equal: for ids that would be another's.
    package func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
