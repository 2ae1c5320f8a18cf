internal import Glibc

/// Which namespace each name is in. Declarations are few: they are looked for one by one.
extension XMLScan {
    /// - Parameter name: of the prefix; empty for the default namespace.
    /// - Returns: false for a prefix that is bound twice by one element, one that begins with `xml`, an empty URI for a prefix, and past the limits.
    mutating func bind(_ name: Name, to uri: Range<Int>, firstBinding: Int) -> Bool {
        guard bindingCount < Self.bindingCountMax else { return false }
        for index in firstBinding..<bindingCount where isBinding(index, name.offset, name.byteCount) { return false }
        var number = 0
        if uri.isEmpty {
            // Only the default namespace can be none.
            guard name.byteCount == 0 else { return false }
        } else {
            guard let known = namespace(uri) else { return false }
            number = known
        }
        // `xml` and `xmlns` are bound once and for all.
        if name.byteCount >= 3, memcmp(bytes + name.offset, "xml", 3) == 0 { return false }
        bindings[bindingCount] = Binding(offset: name.offset, byteCount: name.byteCount, namespace: UInt16(truncatingIfNeeded: number))
        bindingCount &+= 1
        return true
    }

    /// Whether a binding is of the prefix that stands at a place.
    private func isBinding(_ index: Int, _ offset: Int, _ byteCount: Int) -> Bool {
        bindings[index].byteCount == byteCount && memcmp(bytes + bindings[index].offset, bytes + offset, byteCount) == 0
    }

    /// The number of a namespace, by its URI's bytes; nil for one that is not plain, and past the limit.
    private mutating func namespace(_ uri: Range<Int>) -> Int? {
        let hash = NameHash.hash(bytes + uri.lowerBound, uri.count, seed: seed)
        for index in 1..<namespaceCount where namespaces[index].hash == hash && Int(namespaces[index].byteCount) == uri.count {
            if memcmp(bytes + Int(namespaces[index].offset), bytes + uri.lowerBound, uri.count) == 0 { return index }
        }
        guard namespaceCount < Self.namespaceCountMax, XMLBytes.isPlainURI(UnsafeBufferPointer(start: bytes + uri.lowerBound, count: uri.count)) else { return nil }
        namespaces[namespaceCount] = XMLTape.Namespace(
            offset: UInt32(truncatingIfNeeded: uri.lowerBound), byteCount: UInt32(truncatingIfNeeded: uri.count), hash: hash)
        namespaceCount &+= 1
        return namespaceCount &- 1
    }

    /// The number of what a prefix stands for; nil when nothing binds it.
    ///
    /// Innermost first. An empty prefix is the default namespace, or none.
    private func namespace(ofPrefixAt offset: Int, _ byteCount: Int) -> UInt16? {
        var index = bindingCount
        while index > 0 {
            index &-= 1
            if isBinding(index, offset, byteCount) { return bindings[index].namespace }
        }
        return byteCount == 0 ? 0 : nil
    }

    /// Gives an element and its attributes their namespaces; false where a prefix is not bound or an attribute is there twice.
    ///
    /// Attributes without a prefix are in no namespace, whatever the default. Two are the same if namespace and local name are (Namespaces in XML,
    /// section 6.3): each is compared with those before it, of which there are few.
    func resolveNames(of element: Int) -> Bool {
        guard let ofElement = namespace(ofPrefixAt: nodes[element].qualifiedName.lowerBound, Int(nodes[element].prefixByteCount)) else { return false }
        nodes[element].namespace = ofElement
        let end = Int(nodes[element].offset)
        var attribute = element &+ 1
        while attribute < end {
            let present = nodes[attribute]
            if present.prefixByteCount > 0 {
                guard let number = namespace(ofPrefixAt: present.qualifiedName.lowerBound, Int(present.prefixByteCount)) else { return false }
                nodes[attribute].namespace = number
            }
            var other = element &+ 1
            while other < attribute {
                if nodes[other].nameHash == present.nameHash, nodes[other].namespace == nodes[attribute].namespace,
                    nodes[other].nameByteCount == present.nameByteCount,
                    memcmp(bytes + Int(nodes[other].nameOffset), bytes + Int(present.nameOffset), Int(present.nameByteCount)) == 0
                {
                    return false
                }
                other &+= 1
            }
            attribute &+= 1
        }
        return true
    }
}
