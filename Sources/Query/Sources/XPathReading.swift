/// XPath 1.0 over texts of XML. Who reads XML, and within which bounds, is a module's above this one: a catalog brings it.
package protocol XPathReading: Sendable {
    /// - Parameter namespaces: a URI for each prefix that the path may use.
    /// - Throws: what is wrong with the path, or with a namespace.
    func expression(_ path: String, namespaces: [String: String]) throws(XPathFault) -> any XPathExpression
    /// What the tree of a text may take while it is looked at, in bytes.
    func treeByteCount(of text: UnsafeRawBufferPointer) -> Int
}

package protocol XPathExpression: Sendable {
    /// What the path selects in a text, in the order of the document: elements as XML, texts and attributes as text in XML, values as XPath writes them.
    ///
    /// - Parameter take: called for each; false ends it.
    /// - Throws: the text is no XML, the path cannot be evaluated, or it takes more work than a document may.
    func select(in text: UnsafeRawBufferPointer, _ take: ([UInt8]) -> Bool) throws(XPathFault)
}

/// Why nothing can be said.
package struct XPathFault: Error {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
