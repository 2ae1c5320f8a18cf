/// What a node is called: by the settings, in the object, between machines.
package enum NodeName {
    package static let byteCountMax = 32

    /// Small letters, digits, hyphens.
    package static func isValid(_ name: String) -> Bool {
        (1...byteCountMax).contains(name.utf8.count) && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}
