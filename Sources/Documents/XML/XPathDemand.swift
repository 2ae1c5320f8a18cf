/// Where libxml2 makes a text, a number or an order of nodes, which it does not count.
struct XPathText: Sendable {
    var operand: XPathProduct.Operand
    /// Of a set the first node alone.
    var isOfFirst = false
    /// How often the text is gone through: once as it is made, and once by each function around it.
    var passCount = 1
    /// The condition that it stands in; nil outside all.
    var stand: Int?
}

/// What libxml2 does for an expression beyond the operations that it counts. Found by its tokens when it is compiled, and charged by what a document has of it
/// before it is evaluated (`XPathCharges`).
struct XPathDemand: Sendable {
    /// Those around others before them.
    private(set) var stands: [XPathStand] = []
    private(set) var products: [XPathProduct] = []
    private(set) var texts: [XPathText] = []
    /// Sets that are put into order and have nodes that are no elements: libxml2 looks for the element before each.
    private(set) var orders: [XPathText] = []
    /// Of each `lang()` the condition that it stands in.
    private(set) var languages: [Int?] = []
    /// What each `id()` is given.
    private(set) var identities: [XPathText] = []
    /// Conditions lead to the same nodes again, and pass over those between elements again.
    private(set) var passesAgain = false
    /// Steps of each operation that follow of the expression alone: names are compared byte by byte.
    private(set) var stepsOfName = 0
    /// Bytes of names of namespaces that are compared with those of the document.
    private(set) var uriByteCount = 0
    /// `namespace-uri()` and `name()` copy the name of a namespace, `name()` and `local-name()` that of a node.
    private(set) var namesNamespaces = false
    private(set) var namesNodes = false
    /// `namespace::*` makes a list of all that are declared, and copies each.
    private(set) var listsNamespaces = false

    /// A pattern, of so many names, that libxml2 walks over the nodes with: no set is held against another.
    private(set) var patternNameCount = 0

    /// Names up to here take no more than an operation does.
    private static let nameByteCountMax = 64

    /// None of a union of paths, whose members are followed each by itself (`XPathShape.members`).
    ///
    /// - Parameter spelledOut: prefixes whose names libxml2 is given as `*[…]`.
    /// - Parameter uriByteCount: the longest of namespaces that libxml2 is given.
    /// - Parameter isOnce: one evaluation for a document at most.
    /// - Parameter takesPatterns: whether libxml2 makes patterns of names between slashes.
    init(_ tokens: [XPathToken], spelledOut: Set<String> = [], uriByteCount: Int = 0, isOnce: Bool = false, takesPatterns: Bool = false) {
        guard XPathShape.members(tokens).isEmpty else { return }
        if takesPatterns, case .walk(let count) = XPathShape.pattern(tokens) {
            patternNameCount = count
            stepsOfName = tokens.reduce(0) { max($0, ($1.localName.utf8.count - Self.nameByteCountMax) / 4) }
            return
        }
        let finder = XPathProducts(tokens, spelledOut)
        (stands, products) = (finder.stands, finder.found)
        var texts = XPathTextFinder(finder, isOnce: isOnce)
        texts.find()
        (self.texts, orders, languages, identities) = (texts.texts, texts.orders, texts.languages, texts.identities)
        self.uriByteCount = tokens.contains { $0.kind == .name && $0.prefix != nil } ? uriByteCount : 0
        for (index, token) in tokens.enumerated() {
            switch token.kind {
            case .name:
                stepsOfName = max(stepsOfName, (token.localName.utf8.count - Self.nameByteCountMax) / 4)
                if let prefix = token.prefix, spelledOut.contains(prefix) { (namesNamespaces, namesNodes) = (true, true) }
            case .function where token.text == "namespace-uri": namesNamespaces = true
            case .function where token.text == "local-name": namesNodes = true
            case .function where token.text == "name": (namesNamespaces, namesNodes) = (true, true)
            case .axis where token.text == "namespace": listsNamespaces = true
            default: break
            }
            guard let stand = finder.stand(index) else { continue }
            if stands[stand].isRepeated || finder.way(index..<(index + 1)) != .below { passesAgain = true }
        }
    }

    /// Of what is charged for by what a document has; conditions are of interest for those alone.
    var count: Int {
        let count = products.count + texts.count + orders.count + languages.count + identities.count
        return count > 0 ? count + stands.count : 0
    }
}

/// Finds where an expression makes texts of nodes.
private struct XPathTextFinder {
    private let finder: XPathProducts
    private let isOnce: Bool
    private(set) var texts: [XPathText] = []
    private(set) var orders: [XPathText] = []
    private(set) var languages: [Int?] = []
    private(set) var identities: [XPathText] = []
    /// Texts that are made of each node once, and lie below where the expression starts.
    private var light: [XPathText] = []
    private var lightCost = 0

    private var tokens: [XPathToken] { finder.tokens }

    /// Those that make a text or number of what they are given.
    private static let functions: Set<String> = [
        "string", "string-length", "normalize-space", "number", "concat", "contains", "starts-with", "substring", "substring-before", "substring-after", "translate", "lang", "id",
        "sum", "floor", "ceiling", "round",
    ]
    /// Those that make one of the node itself where they are given nothing.
    private static let ofContext: Set<String> = ["string", "string-length", "normalize-space", "number"]
    /// A document's texts may be gone through so often without a charge: a sixteenth for attributes, in which nothing else stands.
    private static let lightCostMax = 64
    /// Constants up to here, and what is done with them, take no more than an operation does.
    private static let constantByteCountMax = 256

    init(_ finder: XPathProducts, isOnce: Bool) { (self.finder, self.isOnce) = (finder, isOnce) }

    mutating func find() {
        order(0..<tokens.count)
        for index in tokens.indices {
            switch tokens[index].kind {
            case .operation where !XPathProducts.logical.contains(tokens[index].text):
                let isOfFirst = !XPathProducts.comparisons.contains(tokens[index].text)
                // A number or a truth is what functions around it are given.
                for range in [finder.before(index, isUnion: false), finder.behind(index, isUnion: false)] { add(range, isOfFirst: isOfFirst, passCount: 1) }
            case .function: function(at: index)
            case .openParenthesis where index == 0 || tokens[index - 1].kind != .function && tokens[index - 1].kind != .nodeType: order((index + 1)..<finder.partner[index])
            default: break
            }
        }
        if lightCost > Self.lightCostMax { texts += light }
    }

    private mutating func function(at index: Int) {
        let name = tokens[index].text
        let arguments = finder.arguments(of: index)
        if name == "lang" { languages.append(finder.stand(index)) }
        // Of a set that is only counted no order is made.
        if name != "count" { for argument in arguments { order(argument) } }
        guard Self.functions.contains(name) else { return }
        if arguments.isEmpty, Self.ofContext.contains(name) { return add(context(of: index), at: index, isOfFirst: true, passCount: 1 + passCount(at: index)) }
        for argument in arguments {
            add(argument, isOfFirst: name != "sum" && name != "id", passCount: passCount(at: argument.lowerBound))
            if let first = argument.first, argument.count == 1, tokens[first].kind == .literal { constant(first) }
            if name == "id" { identities.append(XPathText(operand: selected(argument) ?? made(argument), stand: finder.stand(index))) }
        }
    }

    /// The node that a condition is asked of; outside all that where the expression starts.
    private func context(of index: Int) -> XPathProduct.Operand {
        guard let stand = finder.stand(index) else { return XPathProduct.Operand(isStart: true) }
        var operand = finder.stands[stand].nodes
        operand.way = .below
        return operand
    }

    /// What a range selects; nil for what is no path: constants, and what functions and operators make.
    private func selected(_ range: Range<Int>) -> XPathProduct.Operand? {
        var range = range
        while let first = range.first, tokens[first].kind == .openParenthesis, finder.partner[first] == range.upperBound - 1 { range = (first + 1)..<(range.upperBound - 1) }
        guard let first = range.first else { return nil }
        switch tokens[first].kind {
        case .literal, .number: return nil
        case .function where tokens[first].text != "id": return nil
        case .dot where range.count == 1: return context(of: first)
        case .slash where range.count == 1: return XPathProduct.Operand(isStart: true, isFar: true, way: .beyond)
        default: break
        }
        guard !finder.outer(range).contains(where: { tokens[$0].kind == .operation || tokens[$0].kind == .comma }) else { return nil }
        var operand = finder.selected(range)
        operand.isFar = operand.way == .beyond || finder.stand(first).map { finder.stands[$0].nodes.isFar } ?? false
        return operand
    }

    /// What a function makes of others: of any node, at most.
    private func made(_ range: Range<Int>) -> XPathProduct.Operand {
        let constants = range.reduce(0) { tokens[$1].kind == .literal ? $0 + tokens[$1].text.utf8.count : $0 }
        let others: [XPathToken.Kind] = [.literal, .number, .function, .openParenthesis, .closeParenthesis, .comma]
        let isOfNodes = range.contains { !others.contains(tokens[$0].kind) }
        return XPathProduct.Operand(names: isOfNodes ? [nil] : [], byteCount: constants, isFar: isOfNodes, way: isOfNodes ? .beyond : .below)
    }

    private mutating func add(_ range: Range<Int>, isOfFirst: Bool, passCount: Int) {
        guard let first = range.first, let operand = selected(range) else { return }
        add(operand, at: first, isOfFirst: isOfFirst || finder.isSingle(range), passCount: passCount)
    }

    private mutating func add(_ operand: XPathProduct.Operand, at index: Int, isOfFirst: Bool, passCount: Int) {
        let stand = finder.stand(index)
        let text = XPathText(operand: operand, isOfFirst: isOfFirst, passCount: passCount, stand: stand)
        let isRepeated = stand.map { finder.stands[$0].isRepeated || operand.way == .descent } ?? false
        guard !isRepeated, operand.way != .beyond, isOnce || !operand.isFar else { return texts.append(text) }
        let isOfAttributes = index + 1 < tokens.count && tokens[index].kind == .at && tokens[index + 1].kind == .name
        lightCost += text.passCount * (isOfAttributes ? 1 : 16)
        light.append(text)
    }

    private mutating func constant(_ index: Int) {
        let byteCount = tokens[index].text.utf8.count, passCount = passCount(at: index)
        guard byteCount * passCount > Self.constantByteCountMax else { return }
        texts.append(XPathText(operand: XPathProduct.Operand(byteCount: byteCount), passCount: passCount, stand: finder.stand(index)))
    }

    /// Of what is selected where, the order in which it stands, if not all of it is elements, which have numbers, or attributes, which are few.
    private mutating func order(_ range: Range<Int>) {
        guard let first = range.first, let operand = selected(range), !finder.isSingle(range) else { return }
        var hasOthers = false, unionCount = 0, goesBack = false
        var index = range.lowerBound
        while index < range.upperBound {
            switch tokens[index].kind {
            case .openBracket: index = finder.partner[index]
            case .nodeType: hasOthers = true
            case .pipe: unionCount += 1
            case .axis where !XPathProducts.near.contains(tokens[index].text): goesBack = true
            default: break
            }
            index += 1
        }
        // Sets that are in order each are looked through once for each; what comes in none, for each power of two of their number.
        if hasOthers { orders.append(XPathText(operand: operand, passCount: 1 + unionCount + (goesBack ? 16 : 0), stand: finder.stand(first))) }
    }

    /// How often what stands at a place is gone through: as it is made, and by each function around it, up to the brackets that it stands in.
    private func passCount(at index: Int) -> Int {
        var count = 1
        var around = finder.around[index].opening
        while let opening = around, tokens[opening].kind == .openParenthesis {
            if opening > 0, tokens[opening - 1].kind == .function { count += Self.passCount(of: tokens[opening - 1].text, finder.arguments(of: opening - 1), tokens) }
            around = finder.around[opening].opening
        }
        return count
    }

    private static func passCount(of function: String, _ arguments: [Range<Int>], _ tokens: [XPathToken]) -> Int {
        switch function {
        // Each argument is joined with all behind it.
        case "concat": return arguments.count
        // For each character one of others is looked for, and the one in its place counted to; long ones are a product.
        case "translate":
            guard arguments.count > 1, let first = arguments[1].first, tokens[first].kind == .literal else { return 64 }
            return 4 + 2 * min(tokens[first].text.utf8.count, 32)
        default: return 1
        }
    }
}
