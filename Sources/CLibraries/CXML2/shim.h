// libxml2's headers bring in the system's ICU, whose enumerations clash with those of Foundation's own copy wherever both are
// imported. Only the last members of xmlCharEncodingHandler hang on it, which nothing here reads.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <libxml/xmlregexp.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>
#include <libxml/c14n.h>
#include <libxml/encoding.h>
#include <libxml/xmlerror.h>

/// libxml2's `xmlFree` is a variable, which Swift cannot read safely.
static inline void till_xml_free(void *memory) { xmlFree(memory); }

static void till_xml_discard(void *context, const char *message, ...) {
    (void)context;
    (void)message;
}

/// libxml2 prints what no handler takes: from here on it does not, on this thread and on those that meet it later.
static inline void till_xml_silence(void) {
    xmlSetGenericErrorFunc(NULL, till_xml_discard);
    xmlThrDefSetGenericErrorFunc(NULL, till_xml_discard);
}
