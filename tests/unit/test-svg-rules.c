/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-document-splitter.h"
#include "stepcast-error.h"
#include "stepcast-svg-rules.h"

#define HTML_NS "http://www.w3.org/1999/xhtml"

/* Each stands inside a root with the usual prefixes; whatever begins with "<?" or "<!" or has a
 * root of its own is the whole document. */
static const char *const hostile[] = {
  /* scripts */
  "<script>alert(1)</script>",
  "<script href='#a'/>",
  "<s:script>alert(1)</s:script>",
  "<h:script>alert(1)</h:script>",
  "<metadata><h:script>alert(1)</h:script></metadata>",
  "<metadata><script>alert(1)</script></metadata>",
  "<metadata><g onclick='a()'/></metadata>",
  "<handler type='text/javascript'>a()</handler>",
  "<listener event='click' handler='#a'/>",
  "<g onclick='alert(1)'/>",
  "<g ONLOAD='alert(1)'/>",
  "<g onfuturething='alert(1)'/>",
  "<image href='#a' onerror='alert(1)'/>",
  "<inkscape:grid onclick='alert(1)'/>",
  "<g ev:handler='#a'/>",
  "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
  /* HTML and media */
  "<foreignObject><h:body/></foreignObject>",
  "<foreignObject/>",
  "<h:iframe src='#a'/>",
  "<iframe/>",
  "<h:img src='x'/>",
  "<h:link rel='stylesheet' href='#a'/>",
  "<h:meta http-equiv='refresh' content='0;url=http://x/'/>",
  "<video/>",
  "<audio/>",
  "<embed/>",
  "<object/>",
  "<g h:style='a'/>",
  "<m:math xmlns:m='http://www.w3.org/1998/Math/MathML'/>",
  "<g xmlns='urn:x'/>",
  "<g xmlns=''/>",
  "<blink/>",
  "<link href='#a'/>",
  "<Script/>",
  /* animation */
  "<animate attributeName='href' to='javascript:alert(1)'/>",
  "<a><set attributeName='href' to='javascript:alert(1)'/></a>",
  "<animateTransform/>",
  "<discard/>",
  /* references */
  "<image href='http://x/a.png'/>",
  "<image xlink:href='http://x/a.png'/>",
  "<image xlink:href='//x/a.png'/>",
  "<image href='a.png'/>",
  "<image href='file:///etc/passwd'/>",
  "<image href='data:image/svg+xml;base64,AAAA'/>",
  "<image href='data:image/svg+xml,&lt;svg/>'/>",
  "<image href='data:image/pngx;base64,AAAA'/>",
  "<image href='data:text/html,a'/>",
  "<image href=''/>",
  "<image src='http://x/a.png'/>",
  "<image l:href='http://x/a.png' xmlns:l='http://www.w3.org/1999/xlink'/>",
  "<use href='http://x/a.svg#a'/>",
  "<use xlink:href='a.svg#a'/>",
  "<feImage href='http://x/a.png'/>",
  "<textPath href='javascript:alert(1)'/>",
  "<linearGradient xlink:href='http://x/#a'/>",
  "<font-face-uri xlink:href='http://x/a.woff'/>",
  "<color-profile xlink:href='http://x/a.icc'/>",
  "<a href='javascript:alert(1)'/>",
  "<a xlink:href='JavaScript:alert(1)'/>",
  "<a href=' &#xd;javascript:alert(1)'/>",
  "<a href='java&#9;script:alert(1)'/>",
  "<a href='java&#10;script:alert(1)'/>",
  "<a href='&#106;avascript&#58;alert(1)'/>",
  "<a href='vbscript:a'/>",
  "<a href='data:text/html,a'/>",
  "<a href='ftp://x/'/>",
  "<a href='#a' ping='http://x/'/>",
  "<a href='blob:http://x/a'/>",
  "<g xml:base='http://x/'/>",
  /* CSS */
  "<style>@import 'http://x/a.css';</style>",
  "<style>@IMPORT url(#a);</style>",
  "<style>@imp<!-- a -->ort 'http://x/a.css';</style>",
  "<style>@imp<![CDATA[ort 'http://x/a.css';]]></style>",
  "<style>&#64;import 'http://x/a.css';</style>",
  "<style>@\\69mport 'http://x/a.css';</style>",
  "<style>\\40import 'http://x/a.css'; @media print {}</style>",
  "<style>g { fill: url(http://x/a) }</style>",
  "<style>g { fill: URL( \"http://x/a\" ) }</style>",
  "<style>g { fill: \\75rl(http://x/a) }</style>",
  "<style>g { fill: u\\72 l(http://x/a) }</style>",
  "<style>g { fill: url( /*#*/http://x/a) }</style>",
  "<style>g { background: image-set('http://x/a' 1x) }</style>",
  "<style>g { background: -webkit-image-set('http://x/a' 1x) }</style>",
  "<style>@font-face { src: url(data:font/woff;base64,AAAA) }</style>",
  "<style>g { width: expression(alert(1)) }</style>",
  "<style><g/></style>",
  "<style>@imp<g>x</g>ort 'http://x/a.css';</style>",
  "<s:style>@import 'http://x/a.css';</s:style>",
  "<g style='fill: url(http://x/a)'/>",
  "<g style='fill:url(&quot;//x/a&quot;)'/>",
  "<g style='fill:&#117;rl(http://x/a)'/>",
  "<g style='fill:\\75rl(http://x/a)'/>",
  "<g style='background:url(#a),url(http://x/a)'/>",
  "<g fill='url(http://x/a#b)'/>",
  "<g fill='none url(#a) url(http://x/)'/>",
  "<g filter=\"url('http://x/a#b')\"/>",
  "<g mask='url(\nhttp://x/a#b)'/>",
  "<g cursor='url(http://x/a),auto'/>",
  "<g clip-path='\\75 rl(http://x/a)'/>",
  "<g new-attribute='url(http://x/a)'/>",
  "<g s:fill='url(http://x/a)' xmlns:s='http://www.w3.org/2000/svg'/>",
  /* around the document */
  "<?xml-stylesheet href='http://x/a.css'?><svg xmlns='http://www.w3.org/2000/svg'/>",
  "<?xml-stylesheet?><svg xmlns='http://www.w3.org/2000/svg'/>",
  "<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
  "<svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>",
  "<!DOCTYPE svg [<!ATTLIST g onclick CDATA 'alert(1)'>]>"
  "<svg xmlns='http://www.w3.org/2000/svg'/>",
  "<svg/>",
  "<html xmlns='" HTML_NS "'/>",
};

static const char *const good[] = {
  "",
  "<title>a</title><desc>b</desc>",
  "<metadata><rdf:RDF><cc:Work rdf:about=''><dc:format>image/svg+xml</dc:format>"
  "<dc:type rdf:resource='http://purl.org/dc/dcmitype/StillImage'/><x y='url(#z)'"
  " xmlns='urn:x'/></cc:Work></rdf:RDF></metadata>",
  "<metadata><plain xmlns=''>a</plain></metadata><g/>",
  "<sodipodi:namedview id='b' pagecolor='#fff' inkscape:cx='1'><inkscape:grid type='xygrid'/>"
  "</sodipodi:namedview>",
  "<g inkscape:label='Layer (1)' inkscape:groupmode='layer' sodipodi:nodetypes='cc'/>",
  "<defs><linearGradient id='a' xlink:href='#b' gradientTransform='rotate(3)'><stop offset='0'"
  " style='stop-color:#000;stop-opacity:.5'/></linearGradient><path id='p'/></defs>",
  "<use href='#p'/><use xlink:href='#p'/><use xlink:href=' #p'/>",
  "<image xlink:href='data:image/png;base64,\niVBORw0KGgo='/>",
  "<image href='data:image/jpeg;base64,AAAA'/><image href='DATA:image/WebP;base64,AAAA'/>",
  "<a href='http://example.org/a?b=1&amp;c=2'><text>x</text></a>",
  "<a xlink:href='https://example.org/' xlink:title='t' target='_top' rel='noopener'/>",
  "<a href='../b.html'/><a href='mailto:a@example.org'/><a href='a/b:c'/><a href='#x'/><a/>",
  "<a href='?a:b'/><a xlink:href=''/>",
  "<g fill='url(#a)' stroke='url( \"#b\" ) none' mask='url(&quot;#c&quot;)'/>",
  "<g style='fill:url(#a);clip-path:url(\"#b\");font-family:\"A (b)\"'/>",
  "<g style='fill:rgb(0,0,0);transform:translate(1px,2px) rotate(3deg);width:calc(1px + 2px)'/>",
  "<g style='content:\"\\201C\"'/>",
  "<g style='background:url(data:image/png;base64,AAAA)'/>",
  "<style>*{stroke-linejoin: round; stroke-linecap: butt}</style>",
  "<style type='text/css'><![CDATA[ .a > .b { fill: url(#x) } @media print { g { fill: none } }"
  " @font-face { font-family: a; src: local(\"A\") } ]]></style>",
  "<style>g::before { content: \"\\201C\" }</style>",
  "<style/><style></style>",
  "<text xml:space='preserve' xml:lang='en'>a<tspan dx='1'>b</tspan><textPath href='#p'>c"
  "</textPath></text>",
  "<text aria-label='f(x) = url(x)' data-src='http://x/' role='img'>@import url(http://x/)</text>",
  "<filter id='f'><feGaussianBlur stdDeviation='2'/><feImage href='#p'/><feMerge><feMergeNode/>"
  "</feMerge><feFlood/><feComponentTransfer><feFuncR type='table' tableValues='0 1'/>"
  "</feComponentTransfer></filter>",
  "<pattern id='q' patternTransform='scale(2)'><rect/></pattern><marker id='m'><circle/></marker>",
  "<clipPath id='c'><ellipse/></clipPath><mask id='n'><polygon points='0,0 1,1'/></mask>",
  "<switch><g requiredExtensions='http://x/'/><g systemLanguage='en'/></switch><view id='v'/>",
  "<symbol id='s' overflow='visible'><path d='M0,0'/></symbol><line/><polyline/><svg/>",
  "<?pi a?><!-- b --><s:g><s:path/></s:g>",
  "<flowRoot><flowRegion><rect/></flowRegion><flowPara>a</flowPara></flowRoot>",
  "<g xml:id='a' xlink:type='simple' xlink:show='new'/>",
};

static char *
wrap (const char *snippet)
{
  if (g_str_has_prefix (snippet, "<?xml") || g_str_has_prefix (snippet, "<!D") ||
      g_str_has_prefix (snippet, "<svg xm") || g_str_equal (snippet, "<svg/>") ||
      g_str_has_prefix (snippet, "<html"))
    return g_strdup (snippet);

  return g_strconcat ("<svg xmlns='http://www.w3.org/2000/svg' version='1.1' "
                      "xmlns:s='http://www.w3.org/2000/svg' "
                      "xmlns:h='" HTML_NS "' xmlns:ev='http://www.w3.org/2001/xml-events' "
                      "xmlns:xlink='http://www.w3.org/1999/xlink' "
                      "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
                      "xmlns:cc='http://creativecommons.org/ns#' "
                      "xmlns:dc='http://purl.org/dc/elements/1.1/' "
                      "xmlns:sodipodi='http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd' "
                      "xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape'>\n",
                      snippet, "</svg>", NULL);
}

static gboolean
check (const char *text, gsize length, GError **error)
{
  g_autoptr (StepcastDocumentSplitter) splitter = stepcast_document_splitter_new (NULL);

  return stepcast_document_splitter_push (splitter, text, length, error) &&
         stepcast_document_splitter_finish (splitter, error);
}

static void
test_hostile (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      g_autofree char *text = wrap (hostile[i]);
      g_autoptr (GError) error = NULL;

      if (check (text, strlen (text), &error))
        {
          g_test_message ("WRONG: let through: %s", hostile[i]);
          g_test_fail ();
          continue;
        }
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME);
      g_test_message ("%s", error->message);
      if (text != strstr (text, hostile[i]) && strstr (error->message, "line 2") == NULL)
        {
          g_test_message ("WRONG: line: %s", error->message);
          g_test_fail ();
        }
      /* Refused by the rules, and not because the test's XML is wrong. */
      if (strstr (error->message, "well-formed") != NULL)
        {
          g_test_message ("WRONG: %s", hostile[i]);
          g_test_fail ();
        }
    }
}

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *text = wrap (good[i]);
      g_autoptr (GError) error = NULL;

      if (!check (text, strlen (text), &error))
        {
          g_test_message ("WRONG: %s: %s", good[i], error->message);
          g_test_fail ();
        }
    }
}

/* What real programs printed. */
static void
test_fixtures (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "fixtures", "svg", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  const char *name;
  guint n_files = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autofree char *text = NULL;
      gsize length;

      g_test_message ("%s", name);
      g_file_get_contents (file, &text, &length, &error);
      g_assert_no_error (error);
      check (text, length, &error);
      g_assert_no_error (error);
      n_files++;
    }
  g_assert_cmpuint (n_files, >=, 7);
}

static void
check_place (const char *text, const char *place)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (check (text, strlen (text), &error));
  if (strstr (error->message, place) == NULL)
    g_error ("“%s” is not in “%s”", place, error->message);
}

static void
test_places (void)
{
  check_place (
    "<svg xmlns='http://www.w3.org/2000/svg'>\n <g id='>' \n x = '1' href='x' d=''/></svg>",
    "line 3, column 10: the attribute href of <g> refers to “x”");
  check_place ("<svg xmlns='http://www.w3.org/2000/svg'>\n <style>\na{}\n@import 'x'</style></svg>",
               "line 2, column 2: the style sheet has an @import");
  check_place ("<svg xmlns='http://www.w3.org/2000/svg'\n xmlns:l='http://www.w3.org/1999/xlink'>"
               "<g><image\nxmlns:k='urn:x' l:href='x'/></g></svg>",
               "line 3, column 17: the attribute l:href of <image> refers to “x”");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/svg-rules/hostile", test_hostile);
  g_test_add_func ("/svg-rules/good", test_good);
  g_test_add_func ("/svg-rules/fixtures", test_fixtures);
  g_test_add_func ("/svg-rules/places", test_places);

  return g_test_run ();
}
