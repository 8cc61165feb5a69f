// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/theme.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QSvgRenderer>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static QPalette darkPalette()
{
    QPalette palette(QColor(0x3a3e43), QColor(0x1d1f22));
    const QColor text(0xe6e6e6);
    palette.setColor(QPalette::Base, QColor(0x272a2e));
    palette.setColor(QPalette::AlternateBase, QColor(0x2c2f34));
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::ToolTipBase, QColor(0x36393d));
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::PlaceholderText, QColor(0x9aa0a6));
    palette.setColor(QPalette::Highlight, QColor(0x2f6db3));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x7ab8f5));
    palette.setColor(QPalette::Mid, QColor(0x43464a));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, QColor(0x808488));
    return palette;
}

static QPalette lightPalette()
{
    QPalette palette(QColor(0xf0f1f3), QColor(0xf7f8f9));
    const QColor text(0x1d2024);
    palette.setColor(QPalette::Base, Qt::white);
    palette.setColor(QPalette::AlternateBase, QColor(0xf6f7f9));
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::ToolTipBase, Qt::white);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::PlaceholderText, QColor(0x6a7077));
    palette.setColor(QPalette::Highlight, QColor(0x2468ad));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x1b62b0));
    palette.setColor(QPalette::Mid, QColor(0xd0d4d9));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, QColor(0x9a9fa5));
    return palette;
}

namespace {

/// Fusion on the grid.
class GridStyle final : public QProxyStyle
{
public:
    GridStyle() : QProxyStyle(QStyleFactory::create(u"Fusion"_s)) { }

    int pixelMetric(PixelMetric metric, const QStyleOption *option,
                    const QWidget *widget) const override
    {
        switch (metric) {
        case PM_LayoutLeftMargin:
        case PM_LayoutTopMargin:
        case PM_LayoutRightMargin:
        case PM_LayoutBottomMargin:
            return 2 * kGrid;
        case PM_LayoutHorizontalSpacing:
        case PM_LayoutVerticalSpacing:
            return kGrid;
        default:
            return QProxyStyle::pixelMetric(metric, option, widget);
        }
    }
};

} // namespace

/// The palette is what the style has where there is no other one.
static bool isOfDesktop(const QPalette &palette)
{
    const QPalette plain = QApplication::style()->standardPalette();
    for (const auto role : {QPalette::Window, QPalette::Base, QPalette::Highlight}) {
        if (palette.color(role) != plain.color(role))
            return true;
    }
    return false;
}

void applyScheme(Scheme scheme)
{
    QApplication::setStyle(new GridStyle);
    const QPalette palette = QApplication::palette();
    // The palette of the desktop changes with it; one that is set here would hide that.
    if (scheme == Scheme::System && isOfDesktop(palette))
        return;
    const bool dark = scheme == Scheme::Dark || (scheme == Scheme::System && isDark(palette));
    QApplication::setPalette(dark ? darkPalette() : lightPalette());
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightness() < 128;
}

// After the palette of Okabe and Ito; darker on white, so that text in them can be read.

QColor statusColor(Status status, const QPalette &palette)
{
    const bool dark = isDark(palette);
    switch (status) {
    case Status::Online:
        return dark ? QColor(0x2bc59b) : QColor(0x007d5b);
    case Status::Away:
        return dark ? QColor(0xf2b134) : QColor(0x946000);
    case Status::Busy:
        return dark ? QColor(0xff7a45) : QColor(0xc24a00);
    case Status::Invisible:
        return dark ? QColor(0xd995bd) : QColor(0x9c4a7b);
    case Status::Offline:
        break;
    }
    return quietColor(palette);
}

QColor warningColor(const QPalette &palette)
{
    return statusColor(Status::Away, palette);
}

QColor errorColor(const QPalette &palette)
{
    return statusColor(Status::Busy, palette);
}

QColor successColor(const QPalette &palette)
{
    return statusColor(Status::Online, palette);
}

QColor accentColor(const QPalette &palette)
{
    return isDark(palette) ? QColor(0x5eb4ef) : QColor(0x0067a8);
}

QColor quietColor(const QPalette &palette)
{
    return palette.color(QPalette::PlaceholderText);
}

QColor washed(const QColor &color, const QPalette &palette)
{
    const QColor window = palette.color(QPalette::Window);
    const auto mix = [](int a, int b) { return (a * 7 + b) / 8; };
    return {mix(window.red(), color.red()), mix(window.green(), color.green()),
            mix(window.blue(), color.blue())};
}

static void drawStatus(QPainter &painter, Status status, const QRectF &box, const QColor &color)
{
    const qreal line = box.width() / 7;
    QPen pen(color, line);
    QPainterPath path;
    switch (status) {
    case Status::Online:
        path.addEllipse(box);
        return painter.fillPath(path, color);
    case Status::Away: {
        path.addEllipse(box);
        QPainterPath bite;
        bite.addEllipse(box.translated(box.width() * 0.36, -box.height() * 0.2));
        return painter.fillPath(path.subtracted(bite), color);
    }
    case Status::Busy: {
        path.addRoundedRect(box, line, line);
        QPainterPath bar;
        bar.addRect(QRectF(box.left() + box.width() * 0.2, box.center().y() - line * 0.75,
                           box.width() * 0.6, line * 1.5));
        return painter.fillPath(path.subtracted(bar), color);
    }
    case Status::Invisible:
        pen.setDashPattern({1.6, 1.2});
        break;
    case Status::Offline:
        break;
    }
    painter.setPen(pen);
    painter.drawEllipse(box.adjusted(line / 2, line / 2, -line / 2, -line / 2));
}

static void drawWarning(QPainter &painter, const QRectF &box, const QColor &color)
{
    QPainterPath path;
    path.addPolygon(QPolygonF{QPointF(box.center().x(), box.top()),
                              QPointF(box.right(), box.bottom()),
                              QPointF(box.left(), box.bottom())});
    path.closeSubpath();
    QPainterPath mark;
    const qreal width = box.width() / 8;
    mark.addRect(QRectF(box.center().x() - width / 2, box.top() + box.height() * 0.36, width,
                        box.height() * 0.32));
    mark.addRect(
        QRectF(box.center().x() - width / 2, box.top() + box.height() * 0.78, width, width));
    painter.fillPath(path.subtracted(mark), color);
}

/// Sharp at every scale of the screen.
template <typename Draw>
static QIcon makeIcon(const Draw &draw)
{
    QIcon icon;
    for (const int size : {16, 20, 32, 40, 48}) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.setRenderHint(QPainter::Antialiasing);
        const qreal margin = size / 8.0;
        draw(painter, QRectF(margin, margin, size - 2 * margin, size - 2 * margin));
        painter.end();
        icon.addPixmap(pixmap);
    }
    return icon;
}

QIcon statusIcon(Status status, const QPalette &palette)
{
    return statusIcon(status, statusColor(status, palette));
}

QIcon statusIcon(Status status, const QColor &color)
{
    static QHash<std::pair<int, QRgb>, QIcon> icons;
    QIcon &icon = icons[{static_cast<int>(status), color.rgb()}];
    if (icon.isNull())
        icon = makeIcon(
            [&](QPainter &painter, const QRectF &box) { drawStatus(painter, status, box, color); });
    return icon;
}

QIcon warningIcon(const QPalette &palette)
{
    return warningIcon(warningColor(palette));
}

QIcon warningIcon(const QColor &color)
{
    static QHash<QRgb, QIcon> icons;
    QIcon &icon = icons[color.rgb()];
    if (icon.isNull())
        icon = makeIcon(
            [&color](QPainter &painter, const QRectF &box) { drawWarning(painter, box, color); });
    return icon;
}

QIcon pageIcon(const QString &name, const QColor &color)
{
    static QHash<std::pair<QString, QRgb>, QIcon> icons;
    QIcon &icon = icons[{name, color.rgb()}];
    if (icon.isNull()) {
        QSvgRenderer lines(u":/pages/%1.svg"_s.arg(name));
        icon = makeIcon([&](QPainter &painter, const QRectF &) {
            const QRectF all = painter.viewport();
            lines.render(&painter, all);
            painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
            painter.fillRect(all, color);
        });
    }
    return icon;
}

} // namespace presence::dashboard
