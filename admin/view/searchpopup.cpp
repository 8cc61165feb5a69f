// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/searchpopup.h"

#include "admin/view/plainlabel.h"
#include "admin/view/theme.h"
#include "shared/core/strongid.h"

#include <QApplication>
#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr int kPopupWidth = 640;
static constexpr int kPopupMargin = 8;
static constexpr int kMostRows = 14;

namespace {

/// The kind beside the first row of one, the name, and in grey what there is to say of it.
class HitDelegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        QStyleOptionViewItem item = option;
        initStyleOption(&item, index);
        item.text.clear();
        const QStyle *style = item.widget->style();
        style->drawControl(QStyle::CE_ItemViewItem, &item, painter, item.widget);
        const bool isSelected = item.state.testFlag(QStyle::State_Selected);
        const QColor text
            = item.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text);
        const QColor quiet = isSelected ? text : quietColor(item.palette);
        QRect box = item.rect.adjusted(kPopupMargin, 0, -kPopupMargin, 0);
        const auto draw = [&](const QString &what, const QColor &color, int width) {
            painter->setPen(color);
            const QRect place(box.left(), box.top(), std::min(width, box.width()), box.height());
            painter->drawText(place, Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine,
                              item.fontMetrics.elidedText(what, Qt::ElideMiddle, place.width()));
            box.setLeft(place.right() + 1 + kPopupMargin);
        };
        const QString detail = index.data(SearchModel::DetailRole).toString();
        draw(index.data(SearchModel::HeadingRole).toString(), quiet,
             item.fontMetrics.averageCharWidth() * 14);
        const QString name = index.data().toString();
        const int whole = item.fontMetrics.horizontalAdvance(name);
        draw(name, text, detail.isEmpty() ? box.width() : std::min(whole, box.width() * 2 / 3));
        draw(detail, quiet, box.width());
    }

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const override
    {
        return {0, option.fontMetrics.height() + kPopupMargin};
    }
};

} // namespace

SearchPopup::SearchPopup(SearchModel &search, QWidget *parent)
    : QFrame(parent), m_search(search), m_text(new QLineEdit), m_list(new QListView),
      m_state(new PlainLabel)
{
    setObjectName(u"search"_s);
    setAccessibleName(tr("Search"));
    setFrameShape(StyledPanel);
    setAutoFillBackground(true);
    m_text->setObjectName(u"searchText"_s);
    m_text->setPlaceholderText(tr("Find a user, device, channel, workspace or node"));
    m_text->setAccessibleName(m_text->placeholderText());
    m_text->setClearButtonEnabled(true);
    m_text->setMaxLength(kMaxIdLength);
    m_text->installEventFilter(this);
    m_list->setObjectName(u"searchHits"_s);
    m_list->setAccessibleName(tr("What was found"));
    m_list->setModel(&search);
    m_list->setItemDelegate(new HitDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setFrameShape(NoFrame);
    // Typing goes on while one moves through the list.
    m_list->setFocusPolicy(Qt::NoFocus);
    m_state->setObjectName(u"searchState"_s);
    m_state->setAccessibleName(tr("State of the search"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(kPopupMargin, kPopupMargin, kPopupMargin, kPopupMargin);
    layout->addWidget(m_text);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_state);
    connect(m_text, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_hasMoved = false;
        m_search.setText(text);
    });
    connect(m_list, &QListView::clicked, this, &SearchPopup::openHit);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &SearchPopup::describe);
    parent->installEventFilter(this);
    connect(&search, &SearchModel::changed, this, &SearchPopup::refresh);
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget *, QWidget *now) {
        if (isVisible() && now && now != this && !isAncestorOf(now))
            hide();
    });
    hide();
}

void SearchPopup::open()
{
    if (!isVisible())
        m_before = QApplication::focusWidget();
    m_text->clear();
    show();
    raise();
    refresh();
    m_text->setFocus();
}

/// At the top, in the middle, as high as what was found.
void SearchPopup::place()
{
    const int width = std::min(kPopupWidth, parentWidget()->width() - 4 * kPopupMargin);
    const int row = m_list->fontMetrics().height() + kPopupMargin;
    m_list->setFixedHeight(std::clamp(m_search.rowCount(), 0, kMostRows) * row);
    m_list->setVisible(m_search.rowCount() > 0);
    resize(width, layout()->totalSizeHint().height());
    move((parentWidget()->width() - width) / 2, 4 * kPopupMargin);
}

void SearchPopup::refresh()
{
    if (!isVisible())
        return;
    m_state->setText(stateText());
    if (!m_hasMoved && m_search.rowCount() > 0)
        m_list->setCurrentIndex(m_search.index(0));
    describe();
    place();
}

/// The row that Enter opens: the list that it is in never has the focus.
void SearchPopup::describe()
{
    m_text->setAccessibleDescription(
        m_list->currentIndex().data(Qt::AccessibleTextRole).toString());
}

QString SearchPopup::stateText() const
{
    if (!m_search.isArchiveAway() || !m_search.problem().isEmpty())
        return resultText();
    return resultText() + u'\n'
        + tr("The archive could not be asked: users who are long offline may be missing.");
}

QString SearchPopup::resultText() const
{
    const QString examined = numberText(m_search.examined());
    if (m_search.text().isEmpty())
        return tr("Type the beginning of a name. Arrow keys choose, Enter opens, Esc closes.");
    if (!m_search.problem().isEmpty())
        return m_search.problem();
    if (m_search.isSearching())
        return m_search.examined() > 0 ? tr("Searching \u2026 %1 names so far").arg(examined)
                                       : tr("Searching \u2026");
    if (m_search.isFull())
        return tr("There are more than %1 of a kind: type more of the name.")
            .arg(SearchModel::kMostOfAKind);
    if (!m_search.isComplete())
        return tr("Cut after %1 names: type the whole id to find any other user.").arg(examined);
    if (m_search.rowCount() == 0)
        return tr("Nothing found");
    return tr("%n result(s)", nullptr, m_search.rowCount());
}

void SearchPopup::returnFocus()
{
    hide();
    if (m_before)
        m_before->setFocus();
}

void SearchPopup::openHit(const QModelIndex &index)
{
    if (!index.isValid())
        return;
    const SearchModel::Hit hit = m_search.hitAt(index.row());
    hide(); // what is opened takes the focus
    switch (hit.kind) {
    case SearchModel::Kind::User:
        return userOpened(hit.name);
    case SearchModel::Kind::Device:
        return userOpened(hit.user);
    case SearchModel::Kind::Channel:
        return channelOpened(hit.name);
    case SearchModel::Kind::Workspace:
        return workspaceOpened(hit.name);
    case SearchModel::Kind::Node:
        return nodeOpened(hit.name);
    }
}

/// Keys that move go to the list, whatever has the focus.
bool SearchPopup::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible())
        place();
    if (watched != m_text || event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent *>(event)->key();
    if (key != Qt::Key_Up && key != Qt::Key_Down && key != Qt::Key_PageUp
        && key != Qt::Key_PageDown)
        return QFrame::eventFilter(watched, event);
    m_hasMoved = true;
    QApplication::sendEvent(m_list, event);
    return true;
}

void SearchPopup::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        return returnFocus();
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return openHit(m_list->currentIndex());
    QFrame::keyPressEvent(event);
}

/// Nothing is looked for that nobody sees.
void SearchPopup::hideEvent(QHideEvent *event)
{
    QFrame::hideEvent(event);
    m_search.setText({});
}

} // namespace presence::dashboard
