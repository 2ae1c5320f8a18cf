extension Unicode.Scalar {
    /// What a terminal obeys or a line ends with: controls of ASCII, and those beside them (ISO 6429), which UTF-8 has in two bytes.
    package var isControl: Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }
}
