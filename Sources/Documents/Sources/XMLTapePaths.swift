/// All paths of an XML type, compiled for tapes: plain records that are read without counting references.
///
/// What XPath has beyond them (positions, sums of any kind, `text()`, other axes and functions) the type's documents need a tree for.
///
/// Safe to share: built by one thread, then only read.
final class XMLTapePaths: @unchecked Sendable {
    enum Axis: UInt8, BitwiseCopyable { case child, descendant, attribute, parent, `self` }

    struct Step: BitwiseCopyable {
        var axis: Axis
        var hasName = false
        /// `.` or `..`: whatever stands there.
        var isAnyNode = false
        var nameHash: UInt32 = 0
        var name = Text()
        /// Namespaces of which it takes any (an empty one: none); a count of -1: whatever the namespace.
        var firstNamespace: Int32 = 0
        var namespaceCount: Int32 = -1
        var firstPredicate: Int32 = 0
        var predicateCount: Int32 = 0
    }

    /// In `texts`.
    struct Text: BitwiseCopyable {
        var offset: Int32 = 0
        var count: Int32 = 0
    }

    struct Path: BitwiseCopyable {
        enum Kind: UInt8, BitwiseCopyable {
            /// Following one node after another meets each once, in document order.
            case direct
            /// Each once, but in document order only while there is one.
            case unordered
            /// Neither: all nodes of a step before the next.
            case stepwise
            /// The nodes of its members, each once: paths from `first` on.
            case union
        }
        var kind: Kind
        var isAbsolute = false
        /// Without predicates of its own: charged as a plain path.
        var isPlain = true
        /// Steps; of a union, entries of `members`.
        var first: Int32 = 0
        var count: Int32 = 0
        /// For a path that goes down, up and down again, or begins at the document: the paths of its two ends, and how far up the second begins.
        /// A near end of -1 is the context node itself. A far end of -1: it is not split.
        var near: Int32 = -1
        var far: Int32 = -1
        var parentCount: Int32 = 0
        /// One step to attributes of the context node, without predicates.
        var isAttribute = false
    }

    /// A node of a predicate's expression.
    struct Operation: BitwiseCopyable {
        enum Kind: UInt8, BitwiseCopyable {
            /// Truths.
            case or, and, not, equal, unequal, contains, startsWith, isNumber
            /// Nodes.
            case path
            /// Texts.
            case literal, localName, translated
        }
        var kind: Kind
        var left: Int32 = -1
        var right: Int32 = -1
        /// Of a path; of others nothing.
        var path: Int32 = -1
        /// A literal; the characters that are translated.
        var text = Text()
        /// What they become: as many.
        var other = Text()
    }

    /// A namespace that a step takes.
    struct Namespace: BitwiseCopyable {
        var uri: Text
        var hash: UInt32
    }

    let steps: LaidRecords<Step>
    let paths: LaidRecords<Path>
    let members: LaidRecords<Int32>
    let predicates: LaidRecords<Int32>
    let operations: LaidRecords<Operation>
    let namespaces: LaidRecords<Namespace>
    let texts: LaidRecords<UInt8>
    /// Of the type's scopes, by `SlotScope.trieRoot`.
    private(set) var tries: [XMLTapeTrie] = []

    /// - Parameters:
    ///   - sources: the type's paths, by their numbers.
    ///   - namespaces: as `XMLPath` takes them.
    ///   - scopes: by their numbers.
    /// - Returns: nil when one of them is none that a tape can be asked.
    convenience init?(_ sources: [XMLPath], namespaces: [String: [String]], scopes: [SlotScope] = []) {
        var compiler = XMLTapeCompiler(namespaces: namespaces)
        guard compiler.add(sources) else { return nil }
        self.init(compiler)
        tries = scopes.map { XMLTapeTrie($0, self) }
    }

    private init(_ compiler: XMLTapeCompiler) {
        steps = LaidRecords(compiler.steps)
        paths = LaidRecords(compiler.paths)
        members = LaidRecords(compiler.members)
        predicates = LaidRecords(compiler.predicates)
        operations = LaidRecords(compiler.operations)
        namespaces = LaidRecords(compiler.namespaces)
        texts = LaidRecords(compiler.texts)
    }

    /// Whether a path finds nothing from the document since no element has the name of its first step.
    ///
    /// Charged as following it is, which is from the root element once more where it is relative. False where that is not told so.
    func findsNothing(_ number: Int, in tape: XMLTape, _ counter: UnsafeMutablePointer<WorkBudget.Counter>) -> Bool {
        let path = paths[number]
        guard path.kind == .direct || path.kind == .unordered, path.isPlain, path.far < 0, path.count > 0 else { return false }
        let step = steps[Int(path.first)]
        guard step.hasName, step.axis == .child || step.axis == .descendant, !tape.mayHaveElement(step.nameHash) else { return false }
        func charge(_ start: Int) {
            // Of children there are `byteCount`.
            _ = counter.pointee.charge(step.axis == .child ? Int(tape.nodes[start].byteCount) : Int(tape.nodes[start].end) - start, .paths)
        }
        charge(0)
        if !path.isAbsolute { charge(tape.rootElement) }
        return true
    }

    @inline(__always)
    func bytes(_ text: Text) -> UnsafeBufferPointer<UInt8> {
        texts[Int(text.offset)..<Int(text.offset) + Int(text.count)]
    }
}

/// Records that are laid down once, and that walks read by their address; they go with their owner.
struct LaidRecords<Record: BitwiseCopyable>: ~Copyable {
    private let records: UnsafeMutableBufferPointer<Record>

    init(_ array: [Record]) {
        // Room for one at least: an empty table has an address, too.
        records = .allocate(capacity: max(array.count, 1))
        _ = records.initialize(from: array)
    }

    deinit { records.deallocate() }

    /// Of the first one; good for as long as the owner is there.
    var address: UnsafeMutablePointer<Record> {
        // Safe: what was allocated for one record at least has an address.
        records.baseAddress.unsafelyUnwrapped
    }

    subscript(_ place: Int) -> Record { records[place] }

    @inline(__always)
    subscript(_ range: Range<Int>) -> UnsafeBufferPointer<Record> { UnsafeBufferPointer(rebasing: records[range]) }
}
