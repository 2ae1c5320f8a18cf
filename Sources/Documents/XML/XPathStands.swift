/// How a path leads from the node that it starts at to those that it finds.
enum XPathWay: Sendable {
    /// By children and attributes: to each from one node.
    case below
    /// Down as well, but to one from several that stand within each other.
    case descent
    /// Out of the node: from each to the same, maybe.
    case beyond
}

/// A condition of an expression, `step[…]`: what stands in it is done for each node that the step finds.
///
/// How often that is, each document says (`XPathCharges`): of `//a[b]` as often as there are nodes `a`, of `//a[//b[c]]` as often as both together.
struct XPathStand: Sendable {
    /// How often a step finds one node in one evaluation.
    enum Step: Sendable {
        case once
        /// From each that stands above it.
        case descent
        /// From each of its children.
        case parents
        /// From all that it stands above.
        case ancestors
        /// From any.
        case sideways
    }

    /// The condition around it, by its place among those of the expression; nil for one that stands in none.
    var outer: Int?
    /// What it is asked of.
    var nodes: XPathProduct.Operand
    var step: Step
    /// What the step starts from; nil for one node.
    var from: XPathProduct.Operand?
    /// Whether one evaluation may ask it of a node again.
    var isRepeated: Bool
}

extension XPathProducts {
    /// The condition that begins with a bracket.
    func condition(at bracket: Int) -> XPathStand {
        let start = start(ofPathBefore: bracket)
        let outer = stand(bracket)
        var nodes = selected(start..<bracket)
        let isFar = nodes.way == .beyond || outer.map { stands[$0].nodes.isFar } ?? false
        nodes.isFar = isFar
        let separator = self.outer(start..<bracket).last { tokens[$0].kind == .slash || tokens[$0].kind == .doubleSlash }
        let step = step(at: separator.map { $0 + 1 } ?? start)
        var from: XPathProduct.Operand?
        if step != .once, let separator {
            if tokens[separator].kind == .doubleSlash {
                from = XPathProduct.Operand(names: [nil], isFar: isFar)
            } else if separator > start, !isSingle(start..<separator) {
                from = selected(start..<separator)
                from?.isFar = isFar
            }
        }
        let isRepeated = from != nil || outer.map { stands[$0].isRepeated || nodes.way != .below } ?? false
        return XPathStand(outer: outer, nodes: nodes, step: step, from: from, isRepeated: isRepeated)
    }

    private func start(ofPathBefore end: Int) -> Int {
        var start = end
        while start > 0, !isOpening(start - 1), !endsOperand(start - 1, isUnion: true) { start = min(start - 1, partner[start - 1]) }
        return start
    }

    private func step(at first: Int) -> XPathStand.Step {
        guard first < tokens.count else { return .once }
        switch tokens[first].kind {
        case .doubleDot: return .parents
        case .axis:
            switch tokens[first].text {
            case "parent": return .parents
            case "ancestor", "ancestor-or-self": return .ancestors
            // Behind `//` too: with a condition libxml2 makes no one step of both.
            case "descendant", "descendant-or-self": return .descent
            case "child", "attribute", "self", "namespace": return .once
            default: return .sideways
            }
        default: return .once
        }
    }

    /// Parentheses are entered, conditions are not.
    func way(_ range: Range<Int>) -> XPathWay {
        var way = XPathWay.below
        var index = range.lowerBound
        while index < range.upperBound {
            switch tokens[index].kind {
            case .openBracket: index = partner[index]
            case .doubleDot: return .beyond
            case .axis where tokens[index].text.hasPrefix("descendant"): way = .descent
            case .axis where !Self.near.contains(tokens[index].text): return .beyond
            case .slash where begins(index): return .beyond
            case .doubleSlash:
                if begins(index) { return .beyond }
                way = .descent
            case .function where tokens[index].text == "id": return .beyond
            // Its members may lead to one node from several.
            case .pipe: way = .descent
            default: break
            }
            index += 1
        }
        return way
    }

    /// What each member of a union leads to.
    func selected(_ range: Range<Int>) -> XPathProduct.Operand {
        var operand = XPathProduct.Operand(isOfNamespaces: tokens[range].contains { $0.kind == .axis && $0.text == "namespace" }, way: way(range))
        var start = range.lowerBound
        var last: Int?
        for place in outer(range) + [range.upperBound] {
            if place == range.upperBound || tokens[place].kind == .pipe {
                operand.names.append(name(last))
                operand.holders.append(last.flatMap { holder(of: $0, from: start) })
                (start, last) = (place + 1, nil)
            } else {
                last = place
            }
        }
        return operand
    }

    /// The name of the element whose children or attributes the last step of a path finds; nil where the path does not tell.
    private func holder(of last: Int, from start: Int) -> [UInt8]? {
        guard tokens[last].kind == .name || tokens[last].kind == .nodeType else { return nil }
        var before = last - 1
        if before >= start, tokens[before].kind == .at || tokens[before].kind == .axis && ["child", "attribute"].contains(tokens[before].text) { before -= 1 }
        guard before >= start else {
            // The first step: what the condition is asked of.
            guard let stand = stand(start), stands[stand].nodes.names.count == 1 else { return nil }
            return stands[stand].nodes.names[0]
        }
        guard tokens[before].kind == .slash, before > start else { return nil }
        before -= 1
        while before > start, tokens[before].kind == .closeBracket { before = partner[before] - 1 }
        return before >= start ? name(before) : nil
    }
}
