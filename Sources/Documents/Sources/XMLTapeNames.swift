internal import Glibc

/// Names of a tape's nodes beside those that compiled steps ask for: pointers alone, so that a walk holds it without counting references.
///
/// Valid as long as the tape and the type's paths are.
struct XMLTapeNames: BitwiseCopyable {
    private let text: UnsafePointer<UInt8>
    private let ofTape: UnsafePointer<XMLTape.Namespace>
    private let ofPaths: UnsafePointer<XMLTapePaths.Namespace>
    private let texts: UnsafePointer<UInt8>

    init(_ tape: XMLTape, _ paths: XMLTapePaths) {
        text = tape.text
        ofTape = tape.namespaces
        // Neither is empty: room for one is there in any case.
        ofPaths = UnsafePointer(paths.namespaces.address)
        texts = UnsafePointer(paths.texts.address)
    }

    /// Whether an element or attribute has the name and namespace of a step.
    ///
    /// By bytes.
    ///
    /// - Precondition: hashes agree already where the step has a name.
    @inline(__always)
    func isNamed(_ step: UnsafePointer<XMLTapePaths.Step>, _ node: UnsafePointer<XMLNode>) -> Bool {
        if step.pointee.hasName {
            let count = Int(step.pointee.name.count)
            guard count == Int(node.pointee.nameByteCount), memcmp(texts + Int(step.pointee.name.offset), text + Int(node.pointee.nameOffset), count) == 0 else { return false }
        }
        return step.pointee.namespaceCount < 0 || isIn(step, node.pointee.namespace)
    }

    private func isIn(_ step: UnsafePointer<XMLTapePaths.Step>, _ namespace: UInt16) -> Bool {
        for index in 0..<Int(step.pointee.namespaceCount) {
            let wanted = ofPaths + (Int(step.pointee.firstNamespace) + index)
            let count = Int(wanted.pointee.uri.count)
            if count == 0 {
                if namespace == 0 { return true }
            } else if namespace != 0 {
                let present = ofTape + Int(namespace)
                if present.pointee.hash == wanted.pointee.hash, Int(present.pointee.byteCount) == count,
                    memcmp(texts + Int(wanted.pointee.uri.offset), text + Int(present.pointee.offset), count) == 0
                {
                    return true
                }
            }
        }
        return false
    }
}
