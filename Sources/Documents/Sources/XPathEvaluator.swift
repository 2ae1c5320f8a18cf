internal import CXML2

/// libxml2's XPath over one document, for the expressions that are no plain paths.
///
/// libxml2 counts its own operations, and ends at a limit: what is left of the document's work. One document on one thread; whatever it selects lives as long
/// as the document and the arena.
final class XPathEvaluator {
    /// Values that are no nodes are numbered -1, -2, …: far above any `none`, below any address.
    static let valueFloor = -1 << 40
    /// Of one evaluation, beside what libxml2 counts: setting it up takes a microsecond or two.
    private static let stepsOfEvaluation = 64

    private let document: XMLDocument
    private var charges: XPathCharges
    private let arena: Arena
    let work: WorkBudget
    /// Made when first needed: it costs more than most plain paths take to follow.
    private lazy var context: xmlXPathContextPtr? = {
        let context = xmlXPathNewContext(document.tree)
        context?.pointee.error = { _, _ in }
        return context
    }()
    private var hasContext = false
    private var registered: Set<String> = []
    private var values: [(text: ScalarText, expression: String, number: Double?)] = []
    /// Nodes that the far end of a path selects from an ancestor of many elements: the same for each of them.
    private var farNodes: [FarPlace: [Int]] = [:]
    private struct FarPlace: Hashable {
        let path: ObjectIdentifier
        let start: Int
    }
    /// The node that is being read, of those like it: `position()` and `last()` outside a predicate.
    var place = (position: 1, count: 1)
    /// The first expression that could not be evaluated since `takeFault`, and why.
    private var fault: (path: String, reason: String)?

    init(document: XMLDocument, arena: Arena, work: WorkBudget = .unlimited) {
        self.document = document
        self.arena = arena
        self.work = work
        charges = XPathCharges(document, work)
    }

    deinit { if hasContext { xmlXPathFreeContext(context) } }

    /// - Precondition: `node` is one of a value: below 0.
    func value(_ node: Int) -> ScalarText { values[-1 - node].text }
    func expression(of node: Int) -> String { values[-1 - node].expression }
    /// Nil for a value that is no number.
    func number(_ node: Int) -> Double? { values[-1 - node].number }

    /// Calls `body` with each node that the path selects, in document order, or with one computed value, until it returns false.
    func forEach(_ path: XMLPath, from node: Int, _ body: (Int) -> Bool) {
        if !path.members.isEmpty { return union(path, from: node, body) }
        guard let split = path.split else { return evaluate(path, path.compiled, path.demand, path.parentCount, from: node, body) }
        // The near end from this node; the far end once for all nodes that lead to one ancestor.
        // One near node at most: with two the whole expression is evaluated, since both could lead to one far node.
        var near = [path.isAbsolute ? Int(bitPattern: UnsafeMutableRawPointer(document.tree)) : node]
        if let compiled = split.near {
            near = []
            evaluate(path, compiled, split.nearDemand, 0, from: node) { found in
                near.append(found)
                return near.count < 2
            }
        }
        guard near.count < 2 else { return evaluate(path, path.compiled, path.demand, path.parentCount, from: node, body) }
        guard let only = near.first, only > 0, var start = xmlNodePtr(bitPattern: only) else { return }
        for _ in 0..<split.parentCount {
            guard let parent = start.pointee.parent else { return }
            start = parent
        }
        for found in farNodes(path, split, from: XMLSource.node(start)) {
            guard work.charge(1, .xpath), body(found) else { return }
        }
    }

    /// The nodes of all members, each once, in document order.
    private func union(_ path: XMLPath, from node: Int, _ body: (Int) -> Bool) {
        var seen: Set<Int> = []
        var nodes: [Int] = []
        for member in path.members {
            forEach(member, from: node) { found in
                // Computed values have no place in the document.
                if found > 0, seen.insert(found).inserted { nodes.append(found) }
                return true
            }
        }
        if nodes.count > 1 {
            document.setOrder()
            guard XPathNodeOrder.sort(&nodes, work) else { return }
        }
        for found in nodes { guard body(found) else { return } }
    }

    /// What the far end selects from an ancestor: once for each, since each of its many descendants asks for the same.
    private func farNodes(_ path: XMLPath, _ split: XMLPath.Split, from start: Int) -> [Int] {
        let place = FarPlace(path: ObjectIdentifier(path), start: start)
        if let known = farNodes[place] { return known }
        var nodes: [Int] = []
        evaluate(path, split.far, split.farDemand, split.farParentCount, from: start) { found in
            nodes.append(found)
            return true
        }
        farNodes[place] = nodes
        return nodes
    }

    /// Has libxml2 evaluate an expression. What cannot be evaluated is kept for `takeFault`; where the work ends nothing is selected.
    ///
    /// - Parameter parentCount: how far up from what it finds the path leads.
    private func evaluate(_ path: XMLPath, _ compiled: xmlXPathCompExprPtr?, _ demand: XPathDemand, _ parentCount: Int, from node: Int, _ body: (Int) -> Bool) {
        hasContext = true
        guard let context, let compiled, let start = xmlNodePtr(bitPattern: node) else { return }
        guard work.charge(Self.stepsOfEvaluation, .xpath), let perOperation = charges.charge(demand, from: start) else { return }
        document.setOrder()
        for (prefix, uri) in path.namespaces where registered.insert(prefix).inserted { xmlXPathRegisterNs(context, prefix, uri) }
        context.pointee.node = start
        // Of each evaluation its own: libxml2 goes on counting otherwise.
        context.pointee.opCount = 0
        // A limit of none would be no limit.
        context.pointee.opLimit = UInt(max(work.left / perOperation, 1))
        (context.pointee.proximityPosition, context.pointee.contextSize) = (Int32(clamping: place.position), Int32(clamping: place.count))
        xmlResetError(&context.pointee.lastError)
        let result = xmlXPathCompiledEval(compiled, context)
        defer { xmlXPathFreeObject(result) }
        // An expression that came to the limit has taken all that was left. Of a pattern libxml2 says nothing else.
        let isLimit =
            result == nil
            && (context.pointee.opCount >= context.pointee.opLimit || context.pointee.lastError.code == XML_XPATH_EXPRESSION_OK.rawValue + XPATH_OP_LIMIT_EXCEEDED.rawValue)
        let operationCount = Int(clamping: context.pointee.opCount)
        guard work.charge(isLimit ? Int.max : operationCount, times: isLimit ? 1 : perOperation, .xpath) else { return }
        guard let result else {
            if fault == nil { fault = (path.text, Self.reason(context.pointee.lastError)) }
            return
        }
        guard result.pointee.type == XPATH_NODESET else {
            addValue(result, path, body)
            return
        }
        guard let nodes = result.pointee.nodesetval, nodes.pointee.nodeNr > 0 else { return }
        var selected: [Int] = [], areElements = true
        var seen: Set<Int> = []
        guard work.charge(Int(nodes.pointee.nodeNr), times: parentCount, .xpath) else { return }
        for index in 0..<Int(nodes.pointee.nodeNr) {
            // A namespace node belongs to the result and dies with it.
            guard var found = nodes.pointee.nodeTab[index], found.pointee.type != XML_NAMESPACE_DECL else { continue }
            if parentCount > 0 {
                guard let above = Self.parent(of: found, parentCount), seen.insert(XMLSource.node(above)).inserted else { continue }
                found = above
            }
            if found.pointee.type != XML_ELEMENT_NODE { areElements = false }
            selected.append(XMLSource.node(found))
        }
        guard areElements ? sortElements(&selected) : XPathNodeOrder.sort(&selected, work) else { return }
        for found in selected { guard body(found) else { return } }
    }

    /// Nil above the document.
    private static func parent(of node: xmlNodePtr, _ count: Int) -> xmlNodePtr? {
        var node = node
        for _ in 0..<count {
            guard let parent = node.pointee.parent else { return nil }
            node = parent
        }
        return node
    }

    /// They have numbers. Mostly they come in order.
    private func sortElements(_ nodes: inout [Int]) -> Bool {
        func stand(_ node: Int, before other: Int) -> Bool { xmlXPathCmpNodes(xmlNodePtr(bitPattern: node), xmlNodePtr(bitPattern: other)) > 0 }
        if zip(nodes, nodes.dropFirst()).contains(where: { stand($1, before: $0) }) { nodes.sort { stand($0, before: $1) } }
        return true
    }

    /// A text, number or truth of the expression's own, copied before libxml2 frees it.
    private func addValue(_ result: xmlXPathObjectPtr, _ path: XMLPath, _ body: (Int) -> Bool) {
        guard let text = xmlXPathCastToString(result) else { return }
        defer { till_xml_free(text) }
        let bytes = UnsafeBufferPointer(start: text, count: Int(xmlStrlen(text)))
        guard work.charge(bytes.count, .xpath) else { return }
        values.append((ScalarText(kind: .string, bytes: arena.copy(bytes), count: bytes.count), path.text, result.pointee.type == XPATH_NUMBER ? result.pointee.floatval : nil))
        _ = body(-values.count)
    }

    /// What could not be evaluated: nothing was selected, which must not pass for nothing being there.
    func takeFault() -> (path: String, reason: String)? {
        defer { fault = nil }
        return fault
    }

    private static func reason(_ error: xmlError) -> String {
        let message = error.message.map { String(cString: $0) } ?? ""
        let line = message.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.isEmpty ? "it cannot be evaluated" : line
    }
}
